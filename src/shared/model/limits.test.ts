import { describe, expect, it } from 'vitest';
import { BULK_PIECE_MAX_BYTES, BULK_WINDOW_BYTES } from '../bulk/messages.ts';
import { STATE_PIECE_BYTES } from '../bulk/resources.ts';
import { CONSOLE_HISTORY_BYTES, CONSOLE_UNACKED_MAX_BYTES, MEMORY_MAX_MIB, MEMORY_MIN_MIB, MIB } from './limits.ts';

describe('limits fit together', () => {
  it('memory stays within what v86 can allocate (2 GiB less 128 KiB)', () => {
    expect(MEMORY_MIN_MIB).toBeLessThan(MEMORY_MAX_MIB);
    expect(MEMORY_MAX_MIB * MIB).toBeLessThanOrEqual(2 * 1024 * MIB - 128 * 1024);
  });

  it('a replayed history alone does not stall a console', () => {
    expect(CONSOLE_HISTORY_BYTES).toBeLessThan(CONSOLE_UNACKED_MAX_BYTES);
  });

  it('a state piece is a piece the bulk port takes, and several fit into the window', () => {
    expect(STATE_PIECE_BYTES).toBeLessThanOrEqual(BULK_PIECE_MAX_BYTES);
    expect(BULK_WINDOW_BYTES).toBeGreaterThanOrEqual(2 * BULK_PIECE_MAX_BYTES);
  });
});
