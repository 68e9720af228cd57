import { SvelteMap } from 'svelte/reactivity';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import { WORKSPACE_MAX_CHARACTERS } from '../../../../shared/ipc/contract.ts';
import type { VmId } from '../../../../shared/model/ids.ts';
import { t } from '../../text/text.svelte.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import { isShellId, type ShellId, type TerminalId } from '../../vm/terminal-id.ts';
import { Workspace } from './workspace.svelte.ts';
import { keptText, readKept } from './workspace-keeping.ts';
import { terminalsIn, type TabId, type WorkspaceModel } from './workspace-model.ts';

/** Changes that follow one another are kept as one. */
const KEEP_AFTER_MS = 1500;
/** What shells printed is kept so often while they print: a crash costs no more than this of it. */
const KEEP_PRINTED_EVERY_MS = 30_000;

export interface WorkspacesSurroundings {
  readonly bridge: Pick<TerrariumBridge, 'call'>;
  readonly vms: Pick<MachinePool, 'get'>;
  readonly notices: Notices;
  after(delayMs: number, run: () => void): () => void;
}

interface ShellRef {
  readonly vmId: VmId;
  readonly id: ShellId;
}

/** The workspaces of all VMs, each made when it is first looked at, and kept by main over a restart. */
export class Workspaces {
  readonly #workspaces = new SvelteMap<VmId, Workspace>();
  /** Those whose last layout has been looked for: before, nothing is kept over it. */
  readonly #loaded = new WeakSet<Workspace>();
  readonly #waiting = new WeakMap<Workspace, () => void>();
  /** Ends the looking, now and then, for what shells have printed. */
  readonly #looking = new WeakMap<Workspace, () => void>();
  /** What its shells had printed when they were kept last. */
  readonly #keptBytes = new WeakMap<Workspace, number>();
  readonly #around: WorkspacesSurroundings;
  /** Has the name of the tab on the screen typed anew; who shows it sets this. */
  renameShown: () => void = () => undefined;

  constructor(around: WorkspacesSurroundings) {
    this.#around = around;
  }

  /** Loads the layout it had when Terrarium ran last, once. */
  async open(vmId: VmId): Promise<void> {
    if (this.#workspaces.has(vmId)) return;
    const workspace = this.#create(vmId);
    this.#workspaces.set(vmId, workspace);
    const result = await this.#around.bridge.call('workspace.get', { vmId });
    if (!result.ok) {
      // What is there stays: this layout is not written over it.
      this.#around.notices.failure(result.error.message);
      return;
    }
    const kept = result.value === null ? null : readKept(result.value);
    if (result.value !== null && !kept)
      this.#around.notices.failure(t('workspace.unreadable', { name: this.#nameOf(vmId) }));
    if (kept) {
      for (const { vmId: owner, id } of terminalsIn(kept.model))
        if (id !== 'screen') this.#around.vms.get(owner)?.reserve(id);
      for (const { vmId: owner, id, screen } of kept.screens)
        this.#around.vms
          .get(owner ?? vmId)
          ?.terminal(id)
          .showKept(screen);
      workspace.restore(kept.model);
      // A VM that it shows may have been deleted since.
      workspace.follow((id) => this.#around.vms.get(id) !== undefined);
    }
    this.#loaded.add(workspace);
    this.#keepPrinted(workspace);
  }

  /** Shows a terminal of another VM beside the focused one, or in a tab of its own. */
  async showOther(vmId: VmId, otherId: VmId, where: 'beside' | 'tab'): Promise<void> {
    // The other's layout first: a new shell must not take the number of one that is in it.
    await this.open(otherId);
    if (where === 'tab') this.get(vmId)?.newTab(otherId);
    else this.get(vmId)?.split('right', otherId);
  }

  /** Moves a tab to those of another VM; what runs in it goes on. */
  async moveTab(from: Workspace, id: TabId, to: VmId): Promise<void> {
    await this.open(to);
    this.get(to)?.adopt(id, from);
  }

  get(vmId: VmId): Workspace | undefined {
    return this.#workspaces.get(vmId);
  }

  /** The terminal that has, or would have, the keyboard. */
  focusedTerminal(vmId: VmId): TerminalId {
    const ref = this.#workspaces.get(vmId)?.focused;
    return ref?.vmId === vmId && ref.id !== 'screen' ? ref.id : 0;
  }

  /** VMs may have been deleted. */
  follow(vmIds: readonly VmId[]): void {
    for (const [vmId, workspace] of this.#workspaces) {
      if (vmIds.includes(vmId)) workspace.follow((other) => vmIds.includes(other));
      else {
        this.#workspaces.delete(vmId);
        this.#handOver(workspace, vmIds);
        this.#stopWaiting(workspace);
        this.#looking.get(workspace)?.();
      }
    }
  }

  /** Keeps all of them now: the page is about to go. */
  async keepAll(): Promise<void> {
    await Promise.allSettled([...this.#workspaces.values()].map((workspace) => this.#keep(workspace)));
  }

  /** Shells of other VMs that a deleted one's tabs showed go on among their own VM's. */
  #handOver({ vmId, model }: Workspace, vmIds: readonly VmId[]): void {
    for (const { vmId: owner, id } of shellsIn(model))
      if (owner !== vmId && vmIds.includes(owner)) void this.open(owner).then(() => this.get(owner)?.show(id));
  }

  #nameOf(vmId: VmId): string {
    return this.#around.vms.get(vmId)?.name ?? '';
  }

  #create(vmId: VmId): Workspace {
    const { vms, notices } = this.#around;
    const workspace: Workspace = new Workspace(vmId, {
      terminal: (ref) => (ref.id === 'screen' ? null : (vms.get(ref.vmId)?.terminal(ref.id) ?? null)),
      enterScreen: (id) => vms.get(id)?.display.focus(),
      newShell: (id, like): ShellId | null => vms.get(id)?.newShell(like) ?? null,
      closeTerminal: (ref) => {
        if (ref.id !== 'screen') vms.get(ref.vmId)?.closeTerminal(ref.id);
      },
      refused: (why) => notices.failure(t(`workspace.refused.${why}`)),
      changed: () => this.#keepSoon(workspace),
    });
    return workspace;
  }

  #keepSoon(workspace: Workspace): void {
    this.#stopWaiting(workspace);
    this.#waiting.set(
      workspace,
      this.#around.after(KEEP_AFTER_MS, () => void this.#keep(workspace)),
    );
  }

  /** A page that crashes asks nobody: what shells print is kept while they do. */
  #keepPrinted(workspace: Workspace): void {
    const look = (): void => {
      this.#keepPrinted(workspace);
      if (this.#printedBytes(workspace) !== this.#keptBytes.get(workspace)) void this.#keep(workspace);
    };
    // It may have been deleted while its layout was loaded.
    if (this.#workspaces.get(workspace.vmId) !== workspace) return;
    if (!this.#keptBytes.has(workspace)) this.#keptBytes.set(workspace, this.#printedBytes(workspace));
    this.#looking.set(workspace, this.#around.after(KEEP_PRINTED_EVERY_MS, look));
  }

  #printedBytes({ model }: Workspace): number {
    return shellsIn(model).reduce(
      (sum, { vmId, id }) => sum + (this.#around.vms.get(vmId)?.terminal(id).printedBytes ?? 0),
      0,
    );
  }

  #stopWaiting(workspace: Workspace): void {
    this.#waiting.get(workspace)?.();
    this.#waiting.delete(workspace);
  }

  async #keep(workspace: Workspace): Promise<void> {
    const { vmId, model } = workspace;
    this.#stopWaiting(workspace);
    const { vms } = this.#around;
    if (!vms.get(vmId) || !this.#loaded.has(workspace)) return;
    this.#keptBytes.set(workspace, this.#printedBytes(workspace));
    const screens = shellsIn(model).map((ref) => ({
      ...ref,
      screen: vms.get(ref.vmId)?.terminal(ref.id).keptScreen() ?? '',
    }));
    const text = keptText(model, screens, WORKSPACE_MAX_CHARACTERS);
    const result = await this.#around.bridge.call('workspace.set', { vmId, text });
    // A layout is not worth a message each time the disk is full: whoever saves something that matters is told.
    if (!result.ok) console.warn(result.error.message);
  }
}

function shellsIn(model: WorkspaceModel): readonly ShellRef[] {
  return terminalsIn(model).flatMap(({ vmId, id }) => (isShellId(id) ? [{ vmId, id }] : []));
}
