import { describe, expect, it } from 'vitest';
import { newVmId, parseVmId } from './ids.ts';
import { macNumbers, vmMac } from './mac.ts';
import { unwrap } from '../result.ts';

const id = (text: string) => unwrap(parseVmId(text));

describe('the MAC of a VM', () => {
  it('is a locally administered address of one card, the same each time', () => {
    expect(vmMac(id('vm-0123456789abcdef'))).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(vmMac(id('vm-0123456789abcdef'))).toBe(vmMac(id('vm-0123456789abcdef')));
  });

  it('differs between VMs', () => {
    let next = 0;
    const ids = Array.from({ length: 2000 }, () =>
      newVmId((count) => Uint8Array.from({ length: count }, (_, index) => (index === count - 1 ? next++ : next >> 8))),
    );
    expect(new Set(ids.map(vmMac)).size).toBe(new Set(ids).size);
  });

  it('reads as six numbers, and nothing else does', () => {
    expect(macNumbers('02:00:0a:ff:10:01')).toEqual([2, 0, 10, 255, 16, 1]);
    for (const wrong of [
      '',
      '02:00:0a:ff:10',
      '02:00:0A:ff:10:01',
      '02-00-0a-ff-10-01',
      '2:0:a:f:1:1',
      '02:00:0a:ff:10:01 ',
    ]) {
      expect(macNumbers(wrong)).toBeNull();
    }
  });
});
