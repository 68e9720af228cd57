import type { AppInfo } from '../../../../shared/ipc/contract.ts';
import type { ImageSummary } from '../../../../shared/model/image.ts';
import { formatList } from '../../text/format-list.ts';
import { t } from '../../text/text.svelte.ts';

/** What runs here, in which version, by its name. */
export function aboutFacts(info: AppInfo, images: readonly ImageSummary[]): readonly (readonly [string, string])[] {
  const kernels = [...new Set(images.map(({ kernel }) => kernel))];
  const some = (names: readonly string[]): string => (names.length > 0 ? formatList(names) : t('help.none'));
  return [
    ['Terrarium', info.version],
    [t('help.emulator'), info.v86],
    ['Electron', info.electron],
    ['Chromium', info.chromium],
    ['Node', info.node],
    [t('help.kernels'), some(kernels)],
    [t('help.images'), some(images.map(({ name, recipe }) => (name === recipe ? name : `${name} (${recipe})`)))],
    [
      t('help.system'),
      t('help.system-facts', {
        platform: info.platform,
        memory: Math.round(info.hostMemoryMib / 1024),
        cores: info.hostCores,
      }),
    ],
  ];
}
