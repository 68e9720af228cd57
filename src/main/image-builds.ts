import { utilityProcess, type UtilityProcess } from 'electron';
import type { BuildProgress } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import type { BuildOrder, BuildReport } from './image-builder-protocol.ts';

export interface BuiltImage {
  readonly imageId: string;
  /** What a person should know of it, in sentences. */
  readonly warnings: readonly string[];
}

/** A builder that was told to stop cleans up for so long at most. */
const LISTENS_WITHIN_MS = 10_000;

/** Runs one image build at a time in a process of its own. */
export class ImageBuilds {
  private current: UtilityProcess | null = null;
  private readonly script: string;

  constructor(script: string) {
    this.script = script;
  }

  /** @throws FailureError */
  async build(order: BuildOrder, onProgress: (progress: BuildProgress) => void): Promise<BuiltImage> {
    if (this.current)
      throw new FailureError('busy', 'An image is being built already. Wait for it or cancel it first.');
    const builder = utilityProcess.fork(this.script, [], { serviceName: 'Terrarium image builder', stdio: 'inherit' });
    this.current = builder;
    const warnings: string[] = [];
    try {
      return await new Promise<BuiltImage>((resolve, reject) => {
        builder.on('message', (report: BuildReport) => {
          switch (report.t) {
            case 'progress':
              onProgress(report.progress);
              break;
            case 'warning':
              console.warn(report.sentence);
              warnings.push(report.sentence);
              break;
            case 'done':
              resolve({ imageId: report.imageId, warnings });
              break;
            case 'failed':
              reject(new FailureError(report.code, report.message));
          }
        });
        builder.on('exit', (code) => {
          reject(
            new FailureError(
              'internal',
              `The image builder ended unexpectedly (code ${code}). Nothing was added; try again, it continues from what was downloaded.`,
            ),
          );
        });
        builder.postMessage({ t: 'build', order });
      });
    } finally {
      this.current = null;
      builder.kill();
    }
  }

  get isBuilding(): boolean {
    return this.current !== null;
  }

  cancel(): void {
    const builder = this.current;
    builder?.postMessage({ t: 'cancel' });
    // One that is too busy to listen is ended.
    setTimeout(() => {
      if (this.current === builder) builder?.kill();
    }, LISTENS_WITHIN_MS).unref();
  }
}
