import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import type { MachineState } from './state-codec.ts';
import { flattenTree } from './state-tree.ts';

/** A container as the first Terrarium laid it out: dense metadata, buffers back to back. Such files are in libraries. */
export function oldContainer(state: MachineState): Uint8Array {
  const buffers: Uint8Array[] = [];
  const keep = (bytes: Uint8Array): number => buffers.push(bytes) - 1;
  const tree = flattenTree(state.tree, keep);
  const consoles = state.consoles.map(keep);
  const memory = state.memory && {
    bytes: state.memory.memoryBytes,
    bitmap: keep(state.memory.bitmap),
    pageCount: state.memory.pages.byteLength / PAGE_BYTES,
  };
  let buffersLength = 0;
  const infos = buffers.map(({ byteLength }) => {
    const info = { offset: buffersLength, length: byteLength };
    buffersLength = Math.ceil((buffersLength + byteLength) / 8) * 8;
    return info;
  });
  const describe = (buffersOffset: number): string =>
    JSON.stringify({ content: state.content, tree, buffers: infos, consoles, memory, buffersOffset, buffersLength });
  const buffersOffset = Math.ceil((16 + new TextEncoder().encode(describe(0)).byteLength + 16) / 8) * 8;
  const metadata = new TextEncoder().encode(describe(buffersOffset));
  const pagesOffset = Math.ceil((buffersOffset + buffersLength) / PAGE_BYTES) * PAGE_BYTES;
  const bytes = new Uint8Array(
    state.memory ? pagesOffset + state.memory.pages.byteLength : buffersOffset + buffersLength,
  );
  bytes.set(new TextEncoder().encode('TERRSTAT'));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 1, true);
  view.setUint32(12, metadata.byteLength, true);
  bytes.set(metadata, 16);
  buffers.forEach((buffer, index) => bytes.set(buffer, buffersOffset + (infos[index]?.offset ?? 0)));
  if (state.memory) bytes.set(state.memory.pages, pagesOffset);
  return bytes;
}
