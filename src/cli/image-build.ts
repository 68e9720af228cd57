import { buildImage } from '../images/build.ts';
import { KERNEL_CHOICES, RECIPE_NAMES, type BuildProgress } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import type { CliPlaces } from './places.ts';

export interface BuildOptions {
  readonly name?: string | undefined;
  readonly kernel?: string | undefined;
  readonly memory?: string | undefined;
  readonly packages?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `terrarium image build RECIPE`. Ctrl-C cancels; what was downloaded or compiled is kept for the next try. */
export async function buildCommand(places: CliPlaces, args: readonly string[], options: BuildOptions): Promise<number> {
  const recipe = RECIPE_NAMES.find((name) => name === args[0]);
  if (!recipe || args.length > 1) {
    throw new FailureError('bad-input', `There is no recipe “${args.join(' ')}”. Recipes: ${RECIPE_NAMES.join(', ')}.`);
  }
  const kernel = KERNEL_CHOICES.find((choice) => choice === (options.kernel ?? 'auto'));
  if (!kernel) throw new FailureError('bad-input', `A kernel is one of ${KERNEL_CHOICES.join(', ')}.`);
  const cancel = new AbortController();
  const onInterrupt = (): void => cancel.abort();
  process.once('SIGINT', onInterrupt);
  const progress = new ProgressLine();
  try {
    const image = await buildImage(
      {
        recipe,
        name: options.name ?? null,
        kernel,
        memoryMib: options.memory === undefined ? null : Number(options.memory),
        extraPackages: options.packages === undefined ? [] : options.packages.split(',').filter((name) => name !== ''),
      },
      {
        library: await places.openLibrary(),
        cacheRoot: places.cacheRoot,
        resourcesFolder: places.resourcesFolder,
        parts: places.parts,
        signal: cancel.signal,
        onProgress: (step) => progress.show(step),
        warn: (sentence) => process.stderr.write(`terrarium: ${sentence}\n`),
      },
    );
    progress.end();
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(image)}\n`
        : `Built “${image.name}” (${image.id}): ${image.fileCount} files, kernel ${image.kernel.release}.\n`,
    );
    return 0;
  } finally {
    progress.end();
    process.removeListener('SIGINT', onInterrupt);
  }
}

/** Progress on standard error: one line rewritten on a terminal, a line every few seconds elsewhere. */
class ProgressLine {
  private shown = '';
  private lastMs = 0;

  show({ step, detail, fraction, remainingMs }: BuildProgress): void {
    const left = remainingMs === null ? '' : `, about ${Math.ceil(remainingMs / 1000)} s left`;
    const line = `${String(Math.round(fraction * 100)).padStart(3)} % ${step}${detail === '' ? '' : `: ${detail}`}${left}`;
    const now = Date.now();
    if (process.stderr.isTTY) {
      if (now - this.lastMs < 100) return;
      process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`);
    } else {
      if (now - this.lastMs < 5000 && step === this.shown) return;
      process.stderr.write(`${line}\n`);
    }
    this.lastMs = now;
    this.shown = step;
  }

  end(): void {
    if (process.stderr.isTTY && this.shown !== '') process.stderr.write('\r\x1b[K');
    this.shown = '';
  }
}
