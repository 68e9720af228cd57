import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageId } from './ids.ts';
import { machineConfig, DEVICES, V86_VERSION, VGA_MEMORY_MIB } from './machine-config.ts';
import { configMismatch, type MachineConfig } from './state.ts';

const machine: MachineConfig = {
  v86Version: V86_VERSION,
  imageId: 'tiny-1' as ImageId,
  fsSha256: 'a'.repeat(64),
  memoryMib: 256,
  vgaMemoryMib: VGA_MEMORY_MIB,
  devices: DEVICES,
};

describe('configMismatch', () => {
  it('is null for equal machines, whatever the order of devices', () => {
    expect(configMismatch(machine, { ...machine, devices: [...DEVICES].reverse() })).toBeNull();
  });

  it.each<[string, Partial<MachineConfig>, string]>([
    ['emulator', { v86Version: '0.4.0' }, `it was made with emulator v86 0.4.0, this is ${V86_VERSION}`],
    ['image', { imageId: 'debian-2' as ImageId }, 'it belongs to image debian-2, this VM uses tiny-1'],
    ['memory', { memoryMib: 512 }, 'it has 512 MiB of memory, this VM has 256 MiB'],
    ['video memory', { vgaMemoryMib: 8 }, 'it has 8 MiB of video memory, this VM has 2 MiB'],
    ['missing devices', { devices: [...DEVICES, 'ne2k', 'floppy'] }, 'it expects ne2k, floppy, which this VM lacks'],
    ['extra devices', { devices: DEVICES.slice(1) }, 'this VM has virtio-9p, which it lacks'],
  ])('names another %s', (_what, change, words) => {
    expect(configMismatch({ ...machine, ...change }, machine)).toBe(`This state cannot be restored here: ${words}.`);
  });

  it('notices a rebuilt image of the same id', () => {
    expect(configMismatch({ ...machine, fsSha256: 'b'.repeat(64) }, machine)).not.toBeNull();
  });

  it('is null exactly for equal machines, and one sentence otherwise', () => {
    const config = fc.record({
      v86Version: fc.constantFrom('0.5.462', '0.5.463'),
      imageId: fc.constantFrom('a' as ImageId, 'b' as ImageId),
      fsSha256: fc.constantFrom('0'.repeat(64), '1'.repeat(64)),
      memoryMib: fc.constantFrom(64, 256),
      vgaMemoryMib: fc.constantFrom(2, 8),
      devices: fc.subarray(['a', 'b', 'c']),
    });
    fc.assert(
      fc.property(config, config, (a, b) => {
        const sentence = configMismatch(a, b);
        expect(sentence === null).toBe(JSON.stringify(a) === JSON.stringify(b));
        if (sentence !== null) expect(sentence).toMatch(/^This state cannot be restored here: .*\.$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('machineConfig', () => {
  const image = { id: 'tiny-1' as ImageId, fsJson: { sha256: 'a'.repeat(64), sizeBytes: 1 }, memoryMib: 256 };

  it('is the image’s machine, with another memory size when asked', () => {
    expect(machineConfig(image)).toEqual(machine);
    expect(machineConfig(image, 512)).toEqual({ ...machine, memoryMib: 512 });
  });
});
