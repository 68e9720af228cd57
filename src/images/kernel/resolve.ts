import type { KernelChoice } from '../../shared/model/image.ts';
import { FailureError } from '../../shared/result.ts';
import type { WorkContext } from '../packages/context.ts';
import { withLock } from '../packages/lock.ts';
import { DEBIAN_KERNEL, type DistroKernel } from './distro.ts';
import { kernelLock, type Kernel } from './store.ts';
import { buildTunedKernel, cachedTunedKernel, tunedObstacle, type TunedOptions } from './tuned.ts';

export interface KernelContext extends WorkContext, TunedOptions {
  /** Debian's unless given. */
  readonly distro?: DistroKernel;
}

/**
 * The kernel for an image. `auto` takes the tuned kernel when it is in the cache or can be built here, else the
 * distribution's. A kernel in the cache is used without asking the network.
 *
 * @throws FailureError with a sentence that says what to install or try
 */
export async function resolveKernel(choice: KernelChoice, context: KernelContext): Promise<Kernel> {
  const cached = await cachedChoice(choice, context);
  if (cached !== null) return cached;
  const lock = {
    signal: context.signal,
    onWait: (pid: number): void => {
      const detail = `process ${pid} is making it`;
      context.report({ what: 'Waiting for the guest kernel', fraction: null, detail, remainingMs: null });
    },
  };
  return withLock(kernelLock(context.cacheRoot), lock, async () => {
    // Another process may have made it while we waited.
    const made = await cachedChoice(choice, context);
    if (made !== null) return made;
    if (choice === 'tuned') return buildTunedKernel(context, context);
    if (choice === 'distro') return distroOf(context).make(context);
    return makeAutomatic(context);
  });
}

async function makeAutomatic(context: KernelContext): Promise<Kernel> {
  const obstacle = await tunedObstacle();
  if (obstacle === null) {
    try {
      return await buildTunedKernel(context, context);
    } catch (caught) {
      if (!(caught instanceof FailureError) || caught.code === 'cancelled') throw caught;
      context.warn(`${caught.message} The distribution's kernel is used instead: it boots about five times slower.`);
    }
  } else {
    context.warn(`${obstacle} The distribution's kernel is used until then: it boots about five times slower.`);
  }
  const distro = distroOf(context);
  return (await distro.cached(context)) ?? (await distro.make(context));
}

async function cachedChoice(choice: KernelChoice, context: KernelContext): Promise<Kernel | null> {
  if (choice === 'distro') return distroOf(context).cached(context);
  const tuned = await cachedTunedKernel(context, context);
  if (tuned !== null || choice === 'tuned') return tuned;
  // Where the tuned kernel cannot be built, a distribution's kernel in the cache is as good as a new one.
  return (await tunedObstacle()) === null ? null : distroOf(context).cached(context);
}

function distroOf({ distro = DEBIAN_KERNEL }: KernelContext): DistroKernel {
  return distro;
}
