import type { LoadedCommand } from './command/command.ts';

/** One command of `terrarium`, not loaded before it is needed: what starts often must start fast. */
export interface CommandEntry {
  /** `image build` */
  readonly words: string;
  /** As the end of a sentence, for the list of commands. */
  readonly summary: string;
  load(): Promise<LoadedCommand>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    words: 'run',
    summary: 'run a command in a machine and get its output, exit code and files',
    load: async () => (await import('./run-command.ts')).run,
  },
  {
    words: 'shell',
    summary: 'open a console of a machine in this terminal',
    load: async () => (await import('./shell-command.ts')).shell,
  },
  {
    words: 'image list',
    summary: 'list the images',
    load: async () => (await import('./image/list.ts')).imageList,
  },
  {
    words: 'image show',
    summary: 'show all that is known of an image',
    load: async () => (await import('./image/show.ts')).imageShow,
  },
  {
    words: 'image build',
    summary: 'build an image from a recipe',
    load: async () => (await import('./image/build.ts')).imageBuild,
  },
  {
    words: 'image recipes',
    summary: 'list the recipes that images are built from',
    load: async () => (await import('./image/recipes.ts')).imageRecipes,
  },
  {
    words: 'image import',
    summary: 'make an image of a root file system’s tarball',
    load: async () => (await import('./image/import.ts')).imageImport,
  },
  {
    words: 'image rm',
    summary: 'delete images that no VM and no snapshot needs',
    load: async () => (await import('./image/rm.ts')).imageRm,
  },
  {
    words: 'snapshot list',
    summary: 'list the snapshots as a tree',
    load: async () => (await import('./snapshot/list.ts')).snapshotList,
  },
  {
    words: 'snapshot show',
    summary: 'show all that is known of a snapshot',
    load: async () => (await import('./snapshot/show.ts')).snapshotShow,
  },
  {
    words: 'snapshot set',
    summary: 'change a snapshot’s name, note, tags or protection',
    load: async () => (await import('./snapshot/set.ts')).snapshotSet,
  },
  {
    words: 'snapshot rename',
    summary: 'give a snapshot another name',
    load: async () => (await import('./snapshot/rename.ts')).snapshotRename,
  },
  {
    words: 'snapshot move-up',
    summary: 'put a snapshot beside the one it went on from',
    load: async () => (await import('./snapshot/move-up.ts')).snapshotMoveUp,
  },
  {
    words: 'snapshot rm',
    summary: 'delete snapshots',
    load: async () => (await import('./snapshot/rm.ts')).snapshotRm,
  },
  {
    words: 'snapshot export',
    summary: 'write snapshots to a file, for another computer or for safekeeping',
    load: async () => (await import('./snapshot/export.ts')).snapshotExport,
  },
  {
    words: 'snapshot import',
    summary: 'add the snapshots of such a file',
    load: async () => (await import('./snapshot/import.ts')).snapshotImport,
  },
  {
    words: 'snapshot files',
    summary: 'write the files of a snapshot to a tar, without running it',
    load: async () => (await import('./snapshot/files.ts')).snapshotFiles,
  },
  {
    words: 'snapshot compare',
    summary: 'list the files that differ between two snapshots',
    load: async () => (await import('./snapshot/compare.ts')).snapshotCompare,
  },
  {
    words: 'snapshot verify',
    summary: 'read everything that is stored and compare it with its checksums',
    load: async () => (await import('./snapshot/verify.ts')).snapshotVerify,
  },
  {
    words: 'snapshot gc',
    summary: 'remove what nothing needs any more',
    load: async () => (await import('./snapshot/gc.ts')).snapshotGc,
  },
  {
    words: 'vm list',
    summary: 'list the VMs, those of the app and those of “shell --vm”',
    load: async () => (await import('./vm/list.ts')).vmList,
  },
  {
    words: 'vm rm',
    summary: 'delete VMs; their snapshots stay',
    load: async () => (await import('./vm/rm.ts')).vmRm,
  },
  {
    words: 'relay',
    summary: 'run a network alone, for machines elsewhere that take a WebSocket as their relay_url',
    load: async () => (await import('./relay.ts')).relay,
  },
  {
    words: 'doctor',
    summary: 'check what this computer has and what is missing',
    load: async () => (await import('./doctor/doctor.ts')).doctor,
  },
];
