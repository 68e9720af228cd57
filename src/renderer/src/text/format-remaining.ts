import { t } from './text.svelte.ts';
/** Time left, rounded as coarsely as an estimate deserves: “a few seconds left”, “about 3 min left”. */
export function formatRemaining(remainingMs: number): string {
  if (remainingMs < 8_000) return t('ui.left-moment');
  if (remainingMs < 55_000) return t('ui.left-seconds', { count: Math.ceil(remainingMs / 5_000) * 5 });
  const minutes = Math.max(1, Math.round(remainingMs / 60_000));
  return minutes < 90
    ? t('ui.left-minutes', { count: minutes })
    : t('ui.left-hours', { count: Math.round(minutes / 60) });
}
