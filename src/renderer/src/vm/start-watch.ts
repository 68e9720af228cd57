import type { MachineClient } from '../../../machine/client.ts';
import { FailureError } from '../../../shared/result.ts';

/** Far more than the largest state needs on a slow disk; what takes longer will not come any more. */
export const START_TIMEOUT_MS = 120_000;

/**
 * Waits until a machine has come up.
 * @throws FailureError when it crashes or does not come up in time; the machine is the caller's to end
 */
export async function cameUp<Value>(client: Pick<MachineClient, 'onEvent'>, work: Promise<Value>): Promise<Value> {
  let stop = (): void => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    const forget = client.onEvent((event) => {
      if (event.kind === 'crashed') reject(new FailureError('io', event.message));
    });
    const timer = setTimeout(
      () =>
        reject(
          new FailureError(
            'guest-unresponsive',
            `The machine did not start within ${START_TIMEOUT_MS / 1000} seconds and was ended. Nothing saved was changed; launch it again.`,
          ),
        ),
      START_TIMEOUT_MS,
    );
    stop = () => {
      clearTimeout(timer);
      forget();
    };
  });
  try {
    return await Promise.race([work, failed]);
  } finally {
    stop();
  }
}
