/** Entry of the utility process that builds one image: the app's main process never blocks on it. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { withPlainTar } from '../images/archive/plain-tar.ts';
import { BUILD_STEP_COUNT, buildImage } from '../images/build.ts';
import type { BuildEnvironment } from '../images/build-request.ts';
import { Library } from '../library/library.ts';
import type { BuildProgress, ImageManifest } from '../shared/model/image.ts';
import { sizeText } from '../shared/model/size-text.ts';
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
      const image = order.tarball === undefined ? await buildRecipe(order, library) : await buildOfFile(order, library);
      return { t: 'done', imageId: image.id };
    } finally {
      await library.close();
    }
  } catch (caught) {
    if (!(caught instanceof FailureError)) console.error('image build failed:', caught);
    return { t: 'failed', ...toErr(caught).error };
  }
}

function buildRecipe(order: BuildOrder, library: Library): Promise<ImageManifest> {
  const { recipe, kernel } = order;
  const onProgress = (progress: BuildProgress): void => report({ t: 'progress', progress });
  return buildImage(
    { recipe, name: null, kernel, memoryMib: null, extraPackages: [] },
    surroundings(order, library, onProgress),
  );
}

/** A file that a person chose is unpacked first, which is a step of its own. */
async function buildOfFile(order: BuildOrder, library: Library): Promise<ImageManifest> {
  if (order.tarball === undefined) throw new Error('there is no tarball to build an image of');
  const { path: file, name, memoryMib } = order.tarball;
  const { signal } = cancel;
  const unpacking = (readBytes: number, sizeBytes: number): void =>
    report({
      t: 'progress',
      progress: {
        step: 'Unpacking the tarball',
        stepIndex: 0,
        stepCount: 1 + BUILD_STEP_COUNT,
        fraction: (UNPACKING_SHARE * readBytes) / sizeBytes,
        detail: `${sizeText(readBytes)} of ${sizeText(sizeBytes)}`,
        remainingMs: null,
      },
    });
  const building = (progress: BuildProgress): void => {
    const fraction = UNPACKING_SHARE + (1 - UNPACKING_SHARE) * progress.fraction;
    const stepIndex = 1 + progress.stepIndex;
    report({ t: 'progress', progress: { ...progress, stepIndex, stepCount: 1 + progress.stepCount, fraction } });
  };
  // The page knows of files only what they are called.
  return withPlainTar(file, { signal, onProgress: unpacking, shownAs: path.basename(file) }, (tarball) =>
    buildImage(
      { recipe: 'tarball', tarball, name, kernel: order.kernel, memoryMib, extraPackages: [] },
      surroundings(order, library, building),
    ),
  );
}

function surroundings(
  order: BuildOrder,
  library: Library,
  onProgress: (progress: BuildProgress) => void,
): BuildEnvironment {
  const { cacheRoot, resourcesFolder, workerPath, wasmPath } = order;
  return {
    library,
    cacheRoot,
    resourcesFolder,
    parts: { workerPath, wasmPath },
    signal: cancel.signal,
    onProgress,
    warn: (sentence) => report({ t: 'warning', sentence }),
  };
}

/** Of the whole bar; only the bar depends on it. */
const UNPACKING_SHARE = 0.1;

process.parentPort.on('message', ({ data }: { data: { t: 'build'; order: BuildOrder } | { t: 'cancel' } }) => {
  if (data.t === 'build') void build(data.order).then(report);
  else cancel.abort();
});
