import { t } from './text.svelte.ts';
/** How long something has lasted, as briefly as a table needs it: `4 s`, `12 min`, `3 h`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000));
  if (seconds < 60) return t('ui.age-seconds', { count: seconds });
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? t('ui.age-minutes', { count: minutes })
    : t('ui.age-hours', { count: Math.floor(minutes / 60) });
}
