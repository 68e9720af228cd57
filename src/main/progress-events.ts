import type { LibraryProgress } from '../shared/ipc/contract.ts';
import type { PageEvents } from './page-events.ts';

/** Tells the page how far something has come: a bar shows no more than whole percents, so no more are sent. */
export function progressEvents(
  events: Pick<PageEvents, 'send'>,
  what: LibraryProgress['what'],
): (done: number, total: number) => void {
  let sentPercent = -1;
  return (done, total) => {
    const fraction = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
    const percent = Math.floor(fraction * 100);
    if (percent === sentPercent) return;
    sentPercent = percent;
    events.send('library.progress', { what, fraction });
  };
}
