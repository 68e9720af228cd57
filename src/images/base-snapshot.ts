import { serveLibraryMachine } from '../library/library-machine.ts';
import type { Library } from '../library/library.ts';
import { startNodeMachine, type MachineParts } from '../machine/node-endpoint.ts';
import { parseStateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { firstBootFailures } from './packages/apk/first-boot.ts';
import { commandUnderWay, failedCommand } from './recipe/build-commands.ts';
import { printableTail } from './recipe/printable-tail.ts';
import { excerpt } from './recipe/recipe-text.ts';
import type { WorkProgress } from './packages/context.ts';

export type { MachineParts };

/** A tuned kernel is there in 3 s, Debian's own in 20 s, on a busy two-core machine in a few times that. */
const BOOT_TIMEOUT_MS = 180_000;
/** A recipe's commands take as long as a compilation may; without end they are a mistake. */
const COMMANDS_TIMEOUT_MS = 45 * 60_000;

/**
 * Boots a new image once and saves it at its prompts: guest quiet, caches dropped.
 * @throws FailureError with the end of the boot log when the guest does not come up
 */
export async function takeBaseSnapshot(request: {
  library: Library;
  parts: MachineParts;
  image: Pick<ImageManifest, 'id' | 'name' | 'kernel' | 'bios' | 'vgaBios' | 'fsJson' | 'commandLine' | 'memoryMib'>;
  /** The recipe's, which lie in the image and run in this boot. */
  commands: readonly string[];
  signal: AbortSignal;
  report: (progress: WorkProgress) => void;
  /** Told of scripts of packages that failed in the machine; the image is built all the same, as apk does it. */
  warn: (sentence: string) => void;
}): Promise<StateManifest> {
  const { library, image, signal, report } = request;
  const machine = serveLibraryMachine(await startNodeMachine(request.parts), {
    library,
    image,
    start: null,
    saveState: ({ frontBytes }) => library.saveBase(image.name, machine.config, frontBytes),
  });
  const { client } = machine;
  let bootLog = '';
  const onAbort = (): void => client.dispose();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const began = Date.now();
    report({ what: 'Starting the new machine', fraction: 0.1, detail: image.name, remainingMs: null });
    await machine.start({ columns: 80, rows: 25 });
    const decoder = new TextDecoder();
    await client.attach('boot', {
      write: (bytes, drawn) => {
        bootLog = (bootLog + decoder.decode(bytes, { stream: true })).slice(-BOOT_LOG_KEPT_CHARACTERS);
        report({
          ...whatBoots(bootLog, began),
          fraction: 0.3,
          remainingMs: null,
        });
        drawn();
      },
    });
    const patienceMs = BOOT_TIMEOUT_MS + (request.commands.length === 0 ? 0 : COMMANDS_TIMEOUT_MS);
    await client.request('agentReady', { timeoutMs: patienceMs });
    const failed = failedCommand(bootLog);
    if (failed !== null) throw commandFailure(request.commands, failed);
    for (const failure of firstBootFailures(bootLog)) request.warn(`In the new machine ${failure}.`);
    report({ what: 'Waiting for the prompt', fraction: 0.6, detail: '', remainingMs: null });
    await client.request('quiesce', { timeoutMs: BOOT_TIMEOUT_MS });
    report({ what: 'Saving the base snapshot', fraction: 0.8, detail: '', remainingMs: null });
    const { receipt } = await client.request('save', { kind: 'base', content: 'full', name: image.name });
    return await library.states.get(unwrap(parseStateId(receipt.stateId ?? '')));
  } catch (cause) {
    if (cause instanceof FailureError && cause.code === 'guest-unresponsive') {
      throw new FailureError(cause.code, `${cause.message}\n${bootLog.split('\n').slice(-12).join('\n')}`, { cause });
    }
    throw cause;
  } finally {
    signal.removeEventListener('abort', onAbort);
    machine.dispose();
  }
}

function commandFailure(
  commands: readonly string[],
  failed: NonNullable<ReturnType<typeof failedCommand>>,
): FailureError {
  const { number, exitCode, lastLines } = failed;
  const command = excerpt((commands[number - 1] ?? '').split('\n')[0] ?? '');
  const output = lastLines === '' ? 'It printed nothing.' : `It printed last:\n${lastLines}`;
  return new FailureError(
    'bad-input',
    `The recipe’s command ${number} (“${command}”) ended with ${exitCode} in the new machine. The image was not built; mend the recipe and build it again, downloads are kept. ${output}`,
  );
}

/** A recipe's commands run before the machine is ready; of what they print the last line is shown. */
function whatBoots(bootLog: string, began: number): Pick<WorkProgress, 'what' | 'detail'> {
  const number = commandUnderWay(bootLog);
  if (number === null) return { what: 'Booting', detail: `${((Date.now() - began) / 1000).toFixed(0)} s` };
  return { what: `Running command ${number} of the recipe`, detail: printableTail(bootLog, 1) };
}

/** Enough for what a failed command printed last. */
const BOOT_LOG_KEPT_CHARACTERS = 16_384;
