import { FailureError, toErr } from '../../../shared/result.ts';

/** What a person is told when a step of a session's job failed: what happened, what was kept, what to do. */

export type PowerAction = 'off' | 'reboot';

export function nothingToGoOnFrom(name: string): FailureError {
  return new FailureError(
    'illegal-transition',
    `${name} has switched itself off, so there is nothing to go on from. Choose “Shut down”, then launch it again.`,
  );
}

/** The present state could not be saved before a restore. */
export function restoreRefused(name: string, caught: unknown): FailureError {
  return reworded(caught, (why) => `The snapshot was not restored, and ${name} was left as it is: ${why}`);
}

/** The snapshot did not start; the VM may have gone back to where it was. */
export function restoreFailed(name: string, goesOn: boolean, caught: unknown): FailureError {
  return reworded(
    caught,
    (why) => `The snapshot was not restored: ${why}${goesOn ? ` ${name} goes on where it was before.` : ''}`,
  );
}

export function restoreNotNoted(name: string, caught: unknown): FailureError {
  return reworded(
    caught,
    (why) =>
      `${name} runs from the snapshot, but the library could not note that: ${why} Suspend it to keep it as it is now.`,
  );
}

/** The guest switched itself off or wants to reboot, and its files could not be saved for that. */
export function powerNotObeyed(name: string, action: PowerAction, caught: unknown): FailureError {
  const did = action === 'off' ? 'switched itself off' : 'wants to restart';
  const button = action === 'off' ? 'Shut down' : 'Resume';
  return reworded(
    caught,
    (why) =>
      `${name} ${did}, but its files could not be saved: ${why} It is kept, paused; choose “${button}” to try again.`,
  );
}

/** Work whose failure is told in other words. @throws what `words` makes of it */
export async function rewording<Value>(work: Promise<Value>, words: (caught: unknown) => FailureError): Promise<Value> {
  try {
    return await work;
  } catch (caught) {
    throw words(caught);
  }
}

function reworded(caught: unknown, sentence: (why: string) => string): FailureError {
  const { code, message } = toErr(caught).error;
  return new FailureError(code, sentence(message), { cause: caught });
}
