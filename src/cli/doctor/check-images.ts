import { exists } from '../../images/packages/cache.ts';
import type { Library } from '../../library/library.ts';
import type { ImageManifest } from '../../shared/model/image.ts';
import { machineConfig } from '../../shared/model/machine-config.ts';
import { configMismatch } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { withLibrary, type CommandContext } from '../command/command.ts';
import { buildFrom } from '../image/run-build.ts';
import { problem, warning, well, type Check, type Finding } from './finding.ts';

/** The images there are, and whether each can start. */
export const checkImages: Check = async (context) => {
  const advice = 'Build one: terrarium image build tiny';
  const none = problem('images', 'There is no image yet, so no machine can start.', advice, () => buildTiny(context));
  // Opening it would make it.
  if (!(await exists(context.places.home))) return [none];
  return withLibrary(context, async (library) => {
    const { manifests } = await library.images.list();
    if (manifests.length === 0) return [none];
    return Promise.all(manifests.map((image) => checkImage(library, image)));
  });
};

async function checkImage(library: Library, image: ImageManifest): Promise<Finding> {
  const what = `Image “${image.name}” (${image.id})`;
  const again = howToMake(image);
  try {
    const base = await library.states.get(image.base);
    const obstacle = configMismatch(base.config, machineConfig(image));
    if (obstacle !== null) return problem('images', `${what}: ${obstacle}`, again);
  } catch (caught) {
    if (!(caught instanceof FailureError)) throw caught;
    return problem('images', `${what}: ${caught.message}`, again);
  }
  const message = `${what}, kernel ${image.kernel.release} (${image.kernel.kind}), ${image.memoryMib} MiB`;
  if (image.kernel.kind === 'tuned') return well('images', message);
  const advice =
    'It boots slowly with the distribution’s kernel. Rebuild it with --kernel tuned when gcc is installed.';
  return warning('images', message, advice);
}

function howToMake({ recipe, name }: ImageManifest): string {
  if (recipe === 'tarball') return `Import it anew: terrarium image import FILE --name "${name}"`;
  return `Build it anew: terrarium image build ${recipe} --name "${name}"`;
}

async function buildTiny(context: CommandContext): Promise<string> {
  const { name, id } = await buildFrom(context, {
    recipe: 'tiny',
    name: null,
    kernel: 'auto',
    memoryMib: null,
    extraPackages: [],
  });
  return `Built the image “${name}” (${id}).`;
}
