import type { StateId, VmId } from '../shared/model/ids.ts';
import { parseName } from '../shared/model/names.ts';
import type { MachineConfig, ScreenPreview, StateKind, StateMaker, StateManifest } from '../shared/model/state.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { pruneAutomatic } from './automatic-snapshots.ts';
import { beginWriting } from './claims/writing.ts';
import type { LibraryParts } from './library-parts.ts';
import { standingParent } from './snapshot-tree.ts';
import type { StateDraft, StateWriter } from './state-store.ts';

/** A state of a VM, or a snapshot of a machine that is no VM. */
export type SaveRequest = {
  readonly content: 'full' | 'disk';
  readonly name: string;
  readonly config: MachineConfig;
  /** The snapshot the running machine's history continues from. */
  readonly parent: StateId | null;
  /** Of a snapshot; a person unless given. Of those that Terrarium takes by itself only the newest are kept. */
  readonly madeBy?: StateMaker;
  /** What its terminal shows. */
  readonly screen?: ScreenPreview | null;
  /** How much of its beginning a machine needs before any memory page, where that is known. */
  readonly frontBytes?: number;
} & (
  | { readonly vmId: VmId; readonly kind: Exclude<StateKind, 'base'> }
  /** `vmName` is what the machine was called, for example the name it was started from. */
  | { readonly vmId: null; readonly vmName: string; readonly kind: 'snapshot' }
);

/** What a person has not said anything about. */
const UNREMARKED = { note: '', tags: [], isProtected: false } as const;

/**
 * Begins a new head or snapshot. When `commit` resolves it is durable and the VM's record points to it; the
 * head it replaces is removed only after that. When it fails, the new state is gone and the record is as before.
 */
export async function saveState(library: LibraryParts, request: SaveRequest): Promise<StateWriter> {
  const vmName =
    request.vmId === null ? unwrap(parseName('VM', request.vmName)) : (await library.vms.get(request.vmId)).name;
  const name = request.kind === 'snapshot' ? unwrap(parseName('snapshot', request.name)) : '';
  const { kind, content, vmId, config } = request;
  return writeState(
    library,
    {
      id: library.newStateId(),
      kind,
      content,
      name,
      ...UNREMARKED,
      madeBy: (kind === 'snapshot' ? request.madeBy : undefined) ?? 'person',
      vmId,
      vmName,
      parent: await standingParent(library, request.parent, vmId),
      createdAt: library.timestamp(),
      config,
      frontBytes: request.frontBytes ?? 0,
      screen: request.screen ?? null,
    },
    (manifest) =>
      library.change(() => (vmId === null ? keepIfUsable(library, manifest) : pointTo(library, vmId, manifest))),
  );
}

/** Begins the base snapshot of an image that is being built. */
export function saveBase(
  library: LibraryParts,
  name: string,
  config: MachineConfig,
  frontBytes: number,
): Promise<StateWriter> {
  const draft = {
    id: library.newStateId(),
    kind: 'base',
    content: 'full',
    name,
    ...UNREMARKED,
    madeBy: 'person',
    vmId: null,
    vmName: '',
    parent: null,
    createdAt: library.timestamp(),
    config,
    frontBytes,
    screen: null,
  } as const;
  return writeState(library, draft, () => Promise.resolve());
}

/** Removes a state that a VM resumed from and does not any more. */
export async function removeIfHead(library: LibraryParts, id: StateId | null): Promise<void> {
  if (id === null) return;
  try {
    const { records } = await library.vms.list();
    if (records.some((vm) => vm.head === id)) return;
    // A head may also be a snapshot (a fork that was never suspended): that one stays.
    if ((await library.states.get(id)).kind === 'head') await library.states.remove(id);
  } catch (cause) {
    // A damaged or missing one is reported when the library is opened.
    if (!(cause instanceof FailureError)) throw cause;
  }
}

/** @param adopt makes something refer to the state once it is durable */
async function writeState(
  library: LibraryParts,
  draft: StateDraft,
  adopt: (manifest: StateManifest) => Promise<void>,
): Promise<StateWriter> {
  const writing = await beginWriting(library.claims, 'saving');
  try {
    const writer = await library.states.create(draft);
    return {
      write: (piece) => writer.write(piece),
      abort: () => writer.abort().finally(() => writing.release()),
      commit: async () => {
        try {
          const manifest = await writer.commit();
          await adopt(manifest);
          return manifest;
        } finally {
          await writing.release();
        }
      },
    };
  } catch (cause) {
    await writing.release();
    throw cause;
  }
}

/** A snapshot without its image could never be started. */
async function keepIfUsable({ images, states }: LibraryParts, { id, config }: StateManifest): Promise<void> {
  try {
    await images.get(config.imageId);
  } catch (cause) {
    await Promise.allSettled([states.remove(id)]);
    throw cause;
  }
}

/** Makes a VM's record point to its new state, or removes that state again. */
async function pointTo(library: LibraryParts, vmId: VmId, manifest: StateManifest): Promise<void> {
  const { id, kind, parent } = manifest;
  let earlierHead: StateId | null;
  try {
    const vm = await library.vms.get(vmId);
    earlierHead = vm.head;
    await library.vms.put(kind === 'head' ? { ...vm, head: id, parent } : { ...vm, parent: id });
  } catch (cause) {
    // Why it failed matters more than a state that could not be removed as well.
    await Promise.allSettled([removeUnreferred(library, id)]);
    throw cause;
  }
  if (kind === 'head') await removeIfHead(library, earlierHead);
  else await pruneAutomatic(library, manifest);
}

/** A record can fail to be saved after it was replaced (its folder could not be flushed): then the state stays. */
async function removeUnreferred({ vms, states }: LibraryParts, id: StateId): Promise<void> {
  const { records } = await vms.list();
  if (!records.some((vm) => vm.head === id || vm.parent === id)) await states.remove(id);
}
