import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { callChannel, CALL_NAMES, eventChannel, EVENT_NAMES, PORT_CHANNEL } from './channels.ts';
import { CALLS } from './contract.ts';

describe('IPC channels', () => {
  it('name every call of the contract, and nothing else', () => {
    expect([...CALL_NAMES].sort()).toEqual(Object.keys(CALLS).sort());
  });

  it('are all different', () => {
    const channels = [...CALL_NAMES.map(callChannel), ...EVENT_NAMES.map(eventChannel), PORT_CHANNEL];
    expect(new Set(channels).size).toBe(channels.length);
  });
});

describe('the contract', () => {
  it.each(['../../etc/passwd', '/etc/passwd', 'A', '', 'a'.repeat(65)])('lets no path through as an id: %j', (id) => {
    for (const [name, args] of [
      ['vm.delete', { vmId: id }],
      ['vm.launch', { vmId: id, from: { kind: 'head' } }],
      ['snapshot.delete', { snapshotId: id }],
      ['image.delete', { imageId: id }],
    ] as const) {
      expect(v.safeParse(CALLS[name].args, args).success, name).toBe(false);
    }
  });

  it('bounds what a page can send', () => {
    expect(
      v.safeParse(CALLS['vm.create'].args, { name: 'x'.repeat(10_001), imageId: 'tiny', memoryMib: 1 }).success,
    ).toBe(false);
    expect(v.safeParse(CALLS['file.dropped'].args, Array<string>(257).fill('/x')).success).toBe(false);
    expect(v.safeParse(CALLS['settings.set'].args, { theme: 'dark', more: 1 }).success).toBe(false);
    expect(v.safeParse(CALLS['settings.set'].args, { terminalFontSize: 5 }).success).toBe(false);
  });

  it('takes what the page sends', () => {
    expect(v.safeParse(CALLS['vm.create'].args, { name: 'a/b', imageId: 'tiny-1', memoryMib: 0 }).success).toBe(true);
    expect(v.safeParse(CALLS['library.get'].args, undefined).success).toBe(true);
    expect(v.safeParse(CALLS['settings.set'].args, { theme: 'dark' }).success).toBe(true);
  });
});
