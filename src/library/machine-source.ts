import type { BulkHandlers, BulkSink, BulkSource } from '../shared/bulk/server.ts';
import type { BlobRef, ImageManifest } from '../shared/model/image.ts';
import type { ScreenPreview, StateKind, StateMaker, StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import type { BlobStore } from './blob-store.ts';
import { createTransferSink, openTransferSource, type HostTransfer } from './host-transfer.ts';
import type { StateStore, StateWriter } from './state-store.ts';

const PIECE_BYTES = 1024 * 1024;

/** What a machine says of a state that it sends. */
export interface MachineSave {
  readonly kind: StateKind;
  readonly content: 'full' | 'disk';
  /** Of a snapshot; empty for others. */
  readonly name: string;
  readonly madeBy: StateMaker;
  readonly frontBytes: number;
  readonly screen: ScreenPreview | null;
}

/** What one machine may reach of the library. Nothing in it is named by the machine itself. */
export interface MachineGrant {
  readonly blobs: BlobStore;
  readonly states: StateStore;
  readonly image: Pick<ImageManifest, 'kernel' | 'bios' | 'vgaBios' | 'fsJson'>;
  /** The state it starts from, if any. */
  readonly start: StateManifest | null;
  /** Begins a state of this machine. */
  saveState(request: MachineSave): Promise<StateWriter>;
  /** What a token stands for, which a person's choice or a program's call created: a path of the host. Each works once. */
  takePath(direction: 'import' | 'export', token: string): string | HostTransfer | null;
}

const NO_SNAPSHOT = { name: '', madeBy: 'person' } as const;

/** Answers one machine's bulk port from the library. */
export function machineBulkHandlers(grant: MachineGrant): BulkHandlers {
  const blob = async (ref: BlobRef): Promise<BulkSource> => {
    const { sizeBytes, pieces } = await grant.blobs.open(ref.sha256);
    if (sizeBytes !== ref.sizeBytes) {
      throw new FailureError('damaged', 'A file of the image has the wrong size on disk. Rebuild the image.');
    }
    return { header: { sizeBytes, pieceBytes: PIECE_BYTES, plan: null }, pieces };
  };
  const transfer = (direction: 'import' | 'export', token: string): HostTransfer => {
    const found = grant.takePath(direction, token);
    if (found === null)
      throw new FailureError(
        'not-found',
        'That file was not chosen in this window, or was used already. Choose it again.',
      );
    return typeof found === 'string' ? { path: found } : found;
  };
  return {
    openRead: async (resource) => {
      switch (resource.kind) {
        case 'bios':
          return blob(grant.image.bios);
        case 'vga-bios':
          return blob(grant.image.vgaBios);
        case 'kernel':
          return blob(grant.image.kernel.bzImage);
        case 'initrd':
          if (!grant.image.kernel.initrd) throw new FailureError('not-found', 'This image has no initrd.');
          return blob(grant.image.kernel.initrd);
        case 'fs-json':
          return blob(grant.image.fsJson);
        case 'file': {
          const { sizeBytes, pieces } = await grant.blobs.take(resource.sha256);
          return { header: { sizeBytes, pieceBytes: PIECE_BYTES, plan: null }, pieces };
        }
        case 'state': {
          const { start } = grant;
          if (!start) throw new FailureError('not-found', 'This machine starts without a saved state.');
          const { plan, pieces } = await grant.states.load(start);
          return { header: { sizeBytes: start.sizeBytes, pieceBytes: PIECE_BYTES, plan }, pieces };
        }
        case 'import':
          return openTransferSource(transfer('import', resource.token));
      }
    },
    openWrite: async (resource) => {
      if (resource.kind === 'export') return createTransferSink(transfer('export', resource.token), resource.sizeBytes);
      const { kind, content, frontBytes } = resource;
      const screen = resource.kind === 'base' ? null : resource.screen;
      const { name, madeBy } = resource.kind === 'snapshot' ? resource : NO_SNAPSHOT;
      return stateSink(await grant.saveState({ kind, content, name, madeBy, frontBytes, screen }));
    },
  };
}

function stateSink(writer: StateWriter): BulkSink {
  return {
    write: (piece) => writer.write(piece),
    abort: () => writer.abort(),
    commit: async () => ({ stateId: (await writer.commit()).id }),
  };
}
