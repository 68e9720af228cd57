import type { SelectOption } from '../../ui/select-option.ts';
import { t } from '../../text/text.svelte.ts';

const MINUTES: readonly number[] = [5, 15, 30, 60, 240];
const KEPT: readonly number[] = [3, 5, 10, 20, 50];

/** The choices of an interval, with the one that is set: a command may have set any. */
export function intervalOptions(now: number): readonly SelectOption[] {
  return withNow(MINUTES, now).map((minutes) => ({
    value: String(minutes),
    title:
      minutes % 60 === 0
        ? t('snapshots.interval-hours', { count: minutes / 60 })
        : t('snapshots.interval-minutes', { count: minutes }),
  }));
}

/** The choices of how many are kept, with the one that is set. */
export function keepOptions(now: number): readonly SelectOption[] {
  return withNow(KEPT, now).map((count) => ({ value: String(count), title: String(count) }));
}

function withNow(choices: readonly number[], now: number): readonly number[] {
  return choices.includes(now) ? choices : [...choices, now].sort((a, b) => a - b);
}
