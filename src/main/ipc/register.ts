import type { IpcMain, IpcMainInvokeEvent } from 'electron';
import * as v from 'valibot';
import { callChannel } from '../../shared/ipc/channels.ts';
import { CALLS, type CallArgs, type CallName, type CallValue } from '../../shared/ipc/contract.ts';
import { err, FailureError, ok, toErr, type Result } from '../../shared/result.ts';

/** One function for each call of the contract; the compiler refuses a table with a gap. */
export type CallHandlers = {
  readonly [Name in CallName]: (args: CallArgs<Name>) => Promise<CallValue<Name>> | CallValue<Name>;
};

/**
 * Connects the contract to its handlers. A call is answered only when it comes from the app's own
 * page, and only after its arguments parsed.
 * @param isTrusted whether the frame that sent the call is the app's page
 */
export function registerCalls(
  ipc: Pick<IpcMain, 'handle'>,
  handlers: CallHandlers,
  isTrusted: (event: IpcMainInvokeEvent) => boolean,
): void {
  for (const name of Object.keys(CALLS) as CallName[]) {
    ipc.handle(callChannel(name), (event, args: unknown) => {
      if (!isTrusted(event)) return err('bad-input', 'This call came from outside of Terrarium and was refused.');
      return answer(name, handlers[name] as (args: unknown) => unknown, args);
    });
  }
}

async function answer(name: CallName, handler: (args: unknown) => unknown, args: unknown): Promise<Result<unknown>> {
  const parsed = v.safeParse(CALLS[name].args, args);
  if (!parsed.success)
    return err('bad-input', `The request “${name}” was not understood: ${parsed.issues[0].message}.`);
  try {
    return ok(await handler(parsed.output));
  } catch (caught) {
    if (!(caught instanceof FailureError)) console.error(`call “${name}” failed:`, caught);
    return toErr(caught);
  }
}
