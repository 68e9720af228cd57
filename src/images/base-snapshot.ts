import { serveLibraryMachine } from '../library/library-machine.ts';
import type { Library } from '../library/library.ts';
import { startNodeMachine, type MachineParts } from '../machine/node-endpoint.ts';
import { parseStateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { firstBootFailures } from './packages/apk/first-boot.ts';
import type { WorkProgress } from './packages/context.ts';

export type { MachineParts };

/** A tuned kernel is there in 3 s, Debian's own in 20 s, on a busy two-core machine in a few times that. */
const BOOT_TIMEOUT_MS = 180_000;

/**
 * Boots a new image once and saves it at its prompts: guest quiet, caches dropped.
 * @throws FailureError with the end of the boot log when the guest does not come up
 */
export async function takeBaseSnapshot(request: {
  library: Library;
  parts: MachineParts;
  image: Pick<ImageManifest, 'id' | 'name' | 'kernel' | 'bios' | 'vgaBios' | 'fsJson' | 'commandLine' | 'memoryMib'>;
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
          what: 'Booting',
          fraction: 0.3,
          detail: `${((Date.now() - began) / 1000).toFixed(0)} s`,
          remainingMs: null,
        });
        drawn();
      },
    });
    await client.request('agentReady', { timeoutMs: BOOT_TIMEOUT_MS });
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

const BOOT_LOG_KEPT_CHARACTERS = 8192;
