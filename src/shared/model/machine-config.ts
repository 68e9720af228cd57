import type { ImageManifest } from './image.ts';
import type { MachineConfig } from './state.ts';

/** The emulator this build ships; states of another version are refused, not guessed at. */
export const V86_VERSION = '0.5.462';

/** Text modes need little; all of it is in every state. */
export const VGA_MEMORY_MIB = 2;

/** Devices a machine has beside the CPU. A state restores only into the same set. */
export const DEVICES = ['virtio-9p', 'virtio-console', 'virtio-net', 'uart0', 'vga'] as const;

/** The machine an image asks for, with its own memory size or another one. */
export function machineConfig(
  image: Pick<ImageManifest, 'id' | 'fsJson' | 'memoryMib'>,
  memoryMib = image.memoryMib,
): MachineConfig {
  return {
    v86Version: V86_VERSION,
    imageId: image.id,
    fsSha256: image.fsJson.sha256,
    memoryMib,
    vgaMemoryMib: VGA_MEMORY_MIB,
    devices: DEVICES,
  };
}
