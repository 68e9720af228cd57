import { buildImage } from '../../images/build.ts';
import type { BuildRequest } from '../../images/build-request.ts';
import { planBuild } from '../../images/plan.ts';
import type { ImageManifest } from '../../shared/model/image.ts';
import { withLibrary, type CommandContext } from '../command/command.ts';
import { countText } from '../terminal/units.ts';
import { planLines } from './plan-lines.ts';

/** Builds an image and shows how far it is; prints what was made. @returns the exit code */
export async function runBuild(context: CommandContext, request: BuildRequest): Promise<number> {
  const image = await buildFrom(context, request);
  const { output } = context;
  output.json(image);
  const files = countText(image.fileCount, 'file');
  output.line(`Built “${image.name}” (${image.id}): ${files}, kernel ${image.kernel.release}.`);
  return 0;
}

/** Says what a build would do, and does nothing. @returns the exit code */
export async function showPlan({ output, places }: CommandContext, request: BuildRequest): Promise<number> {
  const plan = await planBuild(request, places);
  output.json(plan);
  for (const line of planLines(plan)) output.line(line);
  return 0;
}

/**
 * Builds an image and shows how far it is.
 * @throws FailureError; what was downloaded or compiled is kept for the next try
 */
export function buildFrom(context: CommandContext, request: BuildRequest): Promise<ImageManifest> {
  const { output, places, signal } = context;
  return withLibrary(context, async (library) => {
    try {
      return await buildImage(request, {
        library,
        cacheRoot: places.cacheRoot,
        resourcesFolder: places.resourcesFolder,
        parts: places.parts,
        signal,
        onProgress: (progress) => output.progress(progress),
        onPlan: (plan) => {
          for (const line of planLines(plan)) output.line(line);
        },
        warn: (sentence) => output.complain(sentence),
      });
    } finally {
      output.endProgress();
    }
  });
}
