/** Entry of the utility process that builds one image: the app's main process never blocks on it. */
import { randomBytes } from 'node:crypto';
import { buildImage } from '../images/build.ts';
import { Library } from '../library/library.ts';
import { FailureError, toErr } from '../shared/result.ts';
import type { BuildOrder, BuildReport } from './image-builder-protocol.ts';

const cancel = new AbortController();
const report = (message: BuildReport): void => process.parentPort.postMessage(message);

async function build(order: BuildOrder): Promise<BuildReport> {
  try {
    const library = await Library.join(order.home, {
      now: Date.now,
      randomBytes: (count) => randomBytes(count),
      program: 'builder',
    });
    try {
      const image = await buildImage(
        { recipe: order.recipe, name: null, kernel: order.kernel, memoryMib: null, extraPackages: [] },
        {
          library,
          cacheRoot: order.cacheRoot,
          resourcesFolder: order.resourcesFolder,
          parts: { workerPath: order.workerPath, wasmPath: order.wasmPath },
          signal: cancel.signal,
          onProgress: (progress) => report({ t: 'progress', progress }),
          warn: (sentence) => report({ t: 'warning', sentence }),
        },
      );
      return { t: 'done', imageId: image.id };
    } finally {
      await library.close();
    }
  } catch (caught) {
    if (!(caught instanceof FailureError)) console.error('image build failed:', caught);
    return { t: 'failed', ...toErr(caught).error };
  }
}

process.parentPort.on('message', ({ data }: { data: { t: 'build'; order: BuildOrder } | { t: 'cancel' } }) => {
  if (data.t === 'build') void build(data.order).then(report);
  else cancel.abort();
});
