/** Entry of the thread that writes states. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import type { StateWriter } from '../state-store.ts';
import { PageSaver } from './page-saver.ts';
import type { FromSaver, SaverData, ToSaver } from './saver-protocol.ts';

const parent = parentPort;
if (!parent) throw new Error('this file runs as a worker thread only');
const saver = new PageSaver(workerData as SaverData, { now: Date.now, randomBytes: (count) => randomBytes(count) });
const writers = new Map<number, StateWriter>();

async function carryOut(message: ToSaver): Promise<StateManifest | null> {
  if (message.step === 'begin') {
    writers.set(message.state, await saver.create(message.draft));
    return null;
  }
  const writer = writers.get(message.state);
  if (!writer) throw new Error('a state was written to that was not begun');
  if (message.step === 'write') {
    await writer.write(message.piece);
    return null;
  }
  writers.delete(message.state);
  if (message.step === 'commit') return writer.commit();
  await writer.abort();
  return null;
}

parent.on('message', (message: ToSaver) => {
  carryOut(message).then(
    (manifest) => parent.postMessage({ call: message.call, ok: true, manifest } satisfies FromSaver),
    (cause: unknown) => {
      const code = cause instanceof FailureError ? cause.code : null;
      const text = cause instanceof Error ? cause.message : String(cause);
      parent.postMessage({ call: message.call, ok: false, code, message: text } satisfies FromSaver);
    },
  );
});
