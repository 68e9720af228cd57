import { FailureError } from '../shared/result.ts';
import { CALL, callBody } from './agent/request-body.ts';
import type { GuestLink } from './guest-link.ts';
import { GUEST_BUSYBOX, runInGuest } from './guest-run.ts';

/** A guest that has more to write out than it can in this time is saved all the same: its memory has the rest. */
const HELP_MAX_MS = 5000;
const WHAT = 'The VM did not prepare for being saved';
/** File pages only. Names and inodes (2) would be 0.1 MB more and cost half a millisecond each when they are needed. */
const DROP_FILE_PAGES = [GUEST_BUSYBOX, 'sh', '-c', 'echo 1 >/proc/sys/vm/drop_caches'];

type HelpingLink = Pick<GuestLink, 'isReady' | 'call' | 'start'>;

/**
 * Has a guest make itself small before it is saved: it writes out its files, so that they are whole in the state without its
 * memory, too, and forgets what it read of files. Bounded in time; a guest that does not help is saved as it is.
 *
 * Measured on Debian after Python, git, listings and 5 MB of written files: 10.8 MB new in the library without forgetting,
 * 0.5 MB with it, and a state of 30 MB to load instead of 53. The first Python after a restore took as long either way
 * (most of it is the emulator's compiling); one in the machine that runs on took half as long again as before.
 *
 * @param forgets what was read of files
 */
export async function prepareGuest(link: HelpingLink, forgets: boolean): Promise<void> {
  if (!link.isReady) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, HELP_MAX_MS)));
  try {
    await Promise.race([help(link, forgets), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function help(link: HelpingLink, forgets: boolean): Promise<void> {
  try {
    await link.call(callBody(CALL.sync), WHAT, HELP_MAX_MS);
    if (forgets) await runInGuest(link, DROP_FILE_PAGES, WHAT, 0);
  } catch (cause) {
    // Busy, hung or refusing.
    if (!(cause instanceof FailureError)) throw cause;
  }
}
