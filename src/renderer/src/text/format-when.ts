import { locale, t } from './text.svelte.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * When something happened, as people say it: “just now”, “5 min ago”, “today 14:03”, “12 Mar 2024”.
 * @param isoTime an ISO 8601 time
 * @param nowMs milliseconds since 1970, passed in so that views and tests decide what “now” is
 */
export function formatWhen(isoTime: string, nowMs: number): string {
  const then = new Date(isoTime);
  const thenMs = then.getTime();
  if (Number.isNaN(thenMs)) return t('ui.unknown-time');
  const agoMs = nowMs - thenMs;
  // A clock that was set back puts things slightly in the future; that is still “now”.
  if (agoMs < 60_000 && agoMs > -60_000) return t('ui.just-now');
  if (agoMs > 0 && agoMs < 60 * 60_000) return t('ui.minutes-ago', { count: Math.floor(agoMs / 60_000) });
  const time = then.toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
  const startOfToday = new Date(nowMs).setHours(0, 0, 0, 0);
  if (thenMs >= startOfToday && thenMs < startOfToday + DAY_MS) return t('ui.today-at', { time });
  if (thenMs >= startOfToday - DAY_MS && thenMs < startOfToday) return t('ui.yesterday-at', { time });
  return then.toLocaleDateString(locale(), { day: 'numeric', month: 'short', year: 'numeric' });
}
