import type { StateKind } from '../../shared/model/state.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { timeText } from '../terminal/units.ts';

const COLUMNS = [
  { title: 'NAME', mayShrink: true },
  { title: 'ID' },
  { title: 'IMAGE', mayShrink: true },
  { title: 'MEMORY', align: 'right' },
  { title: 'NETWORK' },
  { title: 'STARTS FROM', mayShrink: true },
  { title: 'MADE' },
] as const;

type StartsFrom = 'image' | 'damaged' | StateKind;

/** `terrarium vm list` */
export const vmList = defineCommand({
  words: 'vm list',
  operands: [],
  options: { json: JSON_OPTION },
  details: '',
  run: (context) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const vms = await library.listVms();
      const { manifests } = await library.images.list();
      const { states } = await library.states.list();
      const rows = vms.map((vm) => {
        const { id, name, imageId, memoryMib, createdAt, network } = vm;
        const head = states.find((state) => state.id === vm.head) ?? null;
        const imageName = manifests.find((image) => image.id === imageId)?.name ?? null;
        const startsFrom: StartsFrom = head === null ? (vm.head === null ? 'image' : 'damaged') : head.kind;
        const details = { id, name, imageId, imageName, memoryMib, network: network.profile, createdAt };
        return { details: { ...details, startsFrom, head: vm.head }, head };
      });
      output.json(rows.map(({ details }) => details));
      output.tableOr(
        'There are no VMs yet. Make one: terrarium shell tiny --vm NAME',
        COLUMNS,
        rows.map(({ details: vm, head }) => [
          vm.name,
          vm.id,
          vm.imageName ?? vm.imageId,
          `${vm.memoryMib} MiB`,
          vm.network,
          startText(vm.startsFrom, head?.name ?? ''),
          timeText(vm.createdAt),
        ]),
      );
      return 0;
    }),
});

function startText(startsFrom: StartsFrom, name: string): string {
  switch (startsFrom) {
    case 'image':
    case 'base':
      return 'its image';
    case 'head':
      return 'where it was left';
    case 'snapshot':
      return `snapshot “${name}”`;
    case 'damaged':
      return 'a damaged state';
  }
}
