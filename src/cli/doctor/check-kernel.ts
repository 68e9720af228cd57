import path from 'node:path';
import { cachedDistroKernel } from '../../images/kernel/distro.ts';
import { cachedTunedKernel } from '../../images/kernel/tuned.ts';
import type { WorkContext } from '../../images/packages/context.ts';
import { warning, well, type Check } from './finding.ts';

/** The guest kernels in the cache, which the next image is made with. */
export const checkKernel: Check = async ({ places, signal }) => {
  const warned: string[] = [];
  const context: WorkContext = {
    cacheRoot: places.cacheRoot,
    signal,
    report: () => undefined,
    warn: (sentence) => warned.push(sentence),
  };
  const options = { guestFolder: path.join(places.resourcesFolder, 'guest') };
  const kernels = [await cachedTunedKernel(context, options), await cachedDistroKernel(context)];
  const known = kernels.filter((kernel) => kernel !== null).map(({ release, kind }) => `${release} (${kind})`);
  const findings = warned.map((sentence) => warning('kernel', sentence, 'The next image build sees to it.'));
  if (known.length === 0)
    return [...findings, well('kernel', 'No guest kernel is cached; the first image build makes one.')];
  return [...findings, well('kernel', `Guest kernels in the cache: ${known.join(', ')}`)];
};
