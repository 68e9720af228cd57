import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { DONE, OutputWatch, SAY_DONE, TYPED } from '../output-watch.ts';
import type { PlainCommand, PlainNews } from '../plain-protocol.ts';
import type { ExecTimes, ExecWork, PlainMachine, RunnerParts } from '../runner-protocol.ts';

/** As ours. */
const TYPING_PAUSE_MS = 20;
const GUEST_FILE = 'root/transferred';

/**
 * Commands the way a user of v86 has them without an agent: typed on the console of a restored machine, until what they
 * print last is seen. Files by v86's own `create_file` and `read_file`.
 */
export async function execPlain(parts: RunnerParts, machine: PlainMachine, work: ExecWork): Promise<ExecTimes> {
  const began = performance.now();
  const worker = new Worker(parts.plainWorkerPath);
  try {
    const terminal = new OutputWatch();
    const tell = (command: PlainCommand): void => worker.postMessage(command);
    worker.on('message', (news: PlainNews) => {
      if (news.t === 'output') terminal.push(news.bytes);
    });
    worker.on('error', (cause) => terminal.fail(String(cause)));
    tell({ t: 'restore', machine, wasmPath: parts.wasmPath, filesUrl: null });
    await said(worker, 'running');
    const type = async (text: string, until: string): Promise<number> => {
      const at = performance.now();
      const seen = terminal.see(until);
      tell({ t: 'type', bytes: new TextEncoder().encode(text) });
      await seen;
      return performance.now() - at;
    };
    await type(`echo x${SAY_DONE}`, DONE);
    const forkToByteMs = performance.now() - began;
    const run = async (): Promise<number[]> => {
      const times: number[] = [];
      for (let round = 0; round < work.rounds; round += 1) times.push(await type(`/bin/true${SAY_DONE}`, DONE));
      return times;
    };
    const freshCommandMs = await run();
    const commandMs = await run();
    const echoMs: number[] = [];
    for (let round = 0; round < work.rounds; round += 1) {
      await delay(TYPING_PAUSE_MS);
      echoMs.push(await type(TYPED, TYPED));
    }

    const importBegan = performance.now();
    tell({ t: 'create-file', path: GUEST_FILE, bytes: await readFile(work.inputPath) });
    await said(worker, 'file');
    const importMs = performance.now() - importBegan;
    const exportBegan = performance.now();
    tell({ t: 'read-file', path: GUEST_FILE });
    const { bytes } = await said(worker, 'file');
    await writeFile(work.outputPath, bytes ?? new Uint8Array(0), { flush: true });
    return { forkToByteMs, freshCommandMs, commandMs, echoMs, importMs, exportMs: performance.now() - exportBegan };
  } finally {
    await worker.terminate();
  }
}

async function said<Kind extends PlainNews['t']>(
  worker: Worker,
  kind: Kind,
): Promise<Extract<PlainNews, { readonly t: Kind }>> {
  for (;;) {
    const [news] = (await once(worker, 'message')) as [PlainNews];
    if (news.t === kind) return news as Extract<PlainNews, { readonly t: Kind }>;
  }
}
