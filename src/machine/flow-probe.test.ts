import { describe, expect, it } from 'vitest';
import { flowProbe, parseFlowEnd } from './flow-probe.ts';

/** The sum of 16-bit big-endian words, folded: 0xffff over anything that carries its own checksum. */
function sum(bytes: Uint8Array, initial = 0): number {
  let total = initial;
  for (let at = 0; at < bytes.byteLength; at += 2) total += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

const MAC = [2, 1, 2, 3, 4, 5];

describe('ends of connections as /proc/net lists them', () => {
  it('are read, IPv4 and IPv6', () => {
    expect(parseFlowEnd('0F02000A:1F90')).toEqual({ address: Uint8Array.of(10, 0, 2, 15), port: 8080 });
    expect(parseFlowEnd('726554FD00006172000000000F000000:0016')).toEqual({
      address: Uint8Array.of(0xfd, 0x54, 0x65, 0x72, 0x72, 0x61, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15),
      port: 22,
    });
    expect(parseFlowEnd('0000000000000000FFFF00000F02000A:0050')?.address).toEqual(Uint8Array.of(10, 0, 2, 15));
  });

  it.each(['', '0F02000A', '0F02000A:', '0f02000a:1f90', '0F02000A:1F900', 'ZZ02000A:1F90', '0F02000A:1F90 '])(
    'are refused when they are something else: “%s”',
    (text) => expect(parseFlowEnd(text)).toBeNull(),
  );
});

describe('a probe', () => {
  it.each([
    ['0F02000A:A000', '2202000A:0050', 20],
    ['726554FD00006172000000000F000000:A000', '726554FD000061720000000002000000:0050', 40],
  ])('from %s has right lengths, ports and checksums', (local, remote, ipBytes) => {
    const ends = { local: parseFlowEnd(local)!, remote: parseFlowEnd(remote)! };
    const frame = flowProbe(MAC, ends);
    expect([...frame.subarray(0, 6)]).toEqual(MAC);
    expect(frame.byteLength).toBe(14 + ipBytes + 20);
    const view = new DataView(frame.buffer);
    if (ipBytes === 20) expect(sum(frame.subarray(14, 34))).toBe(0xffff);
    const addresses = Uint8Array.from([...ends.remote.address, ...ends.local.address]);
    expect(sum(frame.subarray(14 + ipBytes), sum(addresses) + 6 + 20)).toBe(0xffff);
    expect(view.getUint16(14 + ipBytes)).toBe(0x50);
    expect(view.getUint16(16 + ipBytes)).toBe(0xa000);
  });
});
