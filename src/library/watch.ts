import { watch, type FSWatcher } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Claims } from './claims/claims.ts';

/** Changes come in groups (a fork and its first head); a person does not see a tenth of a second. */
const DEBOUNCE_MS = 100;
/** Where the system has no watch left to give, what others changed is noticed as often as this. */
const POLL_MS = 5_000;

/**
 * Tells when another process has changed the library. @returns what ends it
 * @param onChange called once for changes that follow each other closely
 */
export function watchLibrary(claims: Claims, onChange: () => void): () => void {
  let isOver = false;
  let watcher: FSWatcher | null = null;
  let poll: NodeJS.Timeout | null = null;
  let pending: NodeJS.Timeout | null = null;

  const tell = (): void => {
    pending ??= setTimeout(() => {
      pending = null;
      onChange();
    }, DEBOUNCE_MS).unref();
  };
  const fallBack = (): void => {
    watcher?.close();
    watcher = null;
    if (!isOver) poll ??= setInterval(onChange, POLL_MS).unref();
  };
  const begin = async (): Promise<void> => {
    await mkdir(claims.folder, { recursive: true });
    if (isOver) return;
    watcher = watch(claims.folder, { persistent: false }, (_kind, file) => {
      claims.isNewsOfOthers(file).then((isNews) => isNews && !isOver && tell(), fallBack);
    });
    watcher.on('error', fallBack);
  };
  begin().catch(fallBack);

  return () => {
    isOver = true;
    watcher?.close();
    if (poll) clearInterval(poll);
    if (pending) clearTimeout(pending);
  };
}
