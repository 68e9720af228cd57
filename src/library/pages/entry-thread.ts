/** Entry of the thread that does a library's page work. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { FailureError } from '../../shared/result.ts';
import type { StateWriter } from '../state-store.ts';
import { LocalPageWork } from './page-work.ts';
import type { SaverFolders } from './page-saver.ts';
import { sendPieces } from './piece-port.ts';
import type { Answer, FromThread, ToThread } from './thread-protocol.ts';

/** A check tells of its progress after so much. */
const PROGRESS_BYTES = 1024 * 1024;

const parent = parentPort;
if (!parent) throw new Error('this file runs as a worker thread only');
const dependencies = { now: Date.now, randomBytes: (count: number) => randomBytes(count) };
const work = new LocalPageWork(workerData as SaverFolders, dependencies);
const writers = new Map<number, StateWriter>();
const stoppedChecks = new Set<number>();
const post = (message: FromThread): void => parent.postMessage(message);

function writerOf(state: number): StateWriter {
  const writer = writers.get(state);
  if (!writer) throw new Error('a state was written to that was not begun');
  return writer;
}

async function check(message: Extract<ToThread, { step: 'check' }>): Promise<Answer> {
  let untoldBytes = 0;
  try {
    return await work.check(message.only, (bytes) => {
      if (stoppedChecks.has(message.call)) throw new FailureError('cancelled', 'The check was stopped.');
      untoldBytes += bytes;
      if (untoldBytes < PROGRESS_BYTES) return;
      post({ call: message.call, kind: 'progress', bytes: untoldBytes });
      untoldBytes = 0;
    });
  } finally {
    stoppedChecks.delete(message.call);
    post({ call: message.call, kind: 'progress', bytes: untoldBytes });
  }
}

async function answer(message: ToThread): Promise<Answer> {
  switch (message.step) {
    case 'begin':
      writers.set(message.state, await work.create(message.draft));
      return null;
    case 'write':
      await writerOf(message.state).write(message.piece);
      return null;
    case 'commit': {
      const writer = writerOf(message.state);
      writers.delete(message.state);
      return writer.commit();
    }
    case 'abort': {
      const writer = writerOf(message.state);
      writers.delete(message.state);
      await writer.abort();
      return null;
    }
    case 'collect':
      return work.collect(message);
    case 'usage':
      return work.usage();
    case 'check':
      return check(message);
    case 'compare':
      return work.compare(message.before, message.after);
    case 'load': {
      const { plan, pieces } = await work.load(message.manifest);
      void sendPieces(message.pieces, pieces);
      return plan;
    }
    case 'stop-check':
      stoppedChecks.add(message.checkCall);
      return null;
  }
}

parent.on('message', (message: ToThread) => {
  const { call } = message;
  answer(message).then(
    (value) => post({ call, kind: 'answer', value }),
    (cause: unknown) => {
      const code = cause instanceof FailureError ? cause.code : null;
      post({ call, kind: 'failure', code, message: cause instanceof Error ? cause.message : String(cause) });
    },
  );
});
