import type { IParser } from '@xterm/xterm';
import { describe, expect, it } from 'vitest';
import { CSI_COUNT_MAX, hasExcessiveCount, refuseExcessiveCounts } from './csi-counts.ts';

describe('counts of control sequences', () => {
  it.each([[[]], [[0]], [[1]], [[CSI_COUNT_MAX]], [[3, 2_147_483_647]], [[[2_147_483_647]]]])(
    'leaves %j to xterm',
    (params) => {
      expect(hasExcessiveCount(params)).toBe(false);
    },
  );

  it.each([[[CSI_COUNT_MAX + 1]], [[2_147_483_647]], [[2_147_483_647, 1]]])('refuses %j', (params) => {
    expect(hasExcessiveCount(params)).toBe(true);
  });

  it('are watched for every sequence that xterm repeats', () => {
    const handlers = new Map<string, (params: (number | number[])[]) => boolean | Promise<boolean>>();
    const parser: Pick<IParser, 'registerCsiHandler'> = {
      registerCsiHandler: (id, handler) => {
        handlers.set(id.final, handler);
        return { dispose: () => handlers.delete(id.final) };
      },
    };
    refuseExcessiveCounts(parser);
    expect([...handlers.keys()].sort().join('')).toBe('@ILMPSTXZb');
    for (const handler of handlers.values()) {
      expect(handler([2_147_483_647])).toBe(true);
      expect(handler([5])).toBe(false);
    }
  });
});
