import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redaction.ts';

const redactor = new Redactor({
  names: ['build-2', 'Alices Rechner', 'alice', '实验', 'a'],
  folders: ['/home/alice smith', '/home/alice smith/.local/share/Terrarium'],
  appFolder: '/opt/terrarium',
});

describe('Redactor', () => {
  it.each([
    ['build-2 stopped working', '<name> stopped working'],
    ['rebuild-20 is no name', 'rebuild-20 is no name'],
    ['A VM, and a name', '<name> VM, and <name> name'],
    ['虚拟机 实验 已崩溃', '虚拟机 <name> 已崩溃'],
    ['Snapshot “before the exam” was kept', 'Snapshot “<text>” was kept'],
    ["ENOENT, open '/home/alice smith/.local/share/Terrarium/vms/x.json'", 'ENOENT, open <path>'],
    ['C:\\Users\\Bob\\x.txt is gone', '<path> is gone'],
    ['asked https://git.example.org/x?token=1 and ssh://b', 'asked <address> and <address>'],
    ['mail bob@example.org now', 'mail <address> now'],
    ['from 10.0.2.15 to 2001:db8::1 at 52:54:00:12:34:56', 'from <address> to <address> at <address>'],
    ['looked up intranet.example.org', 'looked up <host>'],
    ['key ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'key <token>'],
    ['at start (file:///opt/terrarium/out/main/index.js:10:3)', 'at start (<app>/out/main/index.js:10:3)'],
    ['took 12.5 s, exit code 1', 'took 12.5 s, exit code 1'],
  ])('%s reads %s', (text, expected) => expect(redactor.text(text)).toBe(expected));

  it('goes through whole values and leaves numbers and fields alone', () => {
    expect(redactor.value({ alice: ['alice', 3, null, true, { x: 'build-2' }] })).toEqual({
      alice: ['<name>', 3, null, true, { x: '<name>' }],
    });
  });

  it('lets no name through, wherever it stands', () => {
    const name = fc
      .stringMatching(/^[A-Za-z0-9äé实][A-Za-z0-9 ._äé实-]{2,30}$/u)
      .filter((text) => text.trim() === text);
    const around = fc.constantFrom('', ' ', ': ', '“', '/', '=', '\n', ' (', '.json ', '@', '://');
    fc.assert(
      fc.property(name, around, around, (secret, before, after) => {
        const clean = new Redactor({ names: [secret], folders: [], appFolder: '/opt/terrarium' });
        const said = clean.text(`The VM ${before}${secret}${after} ended`);
        expect(said.replaceAll(/<\w+>/gu, '').includes(secret) && !'The VM  ended'.includes(secret)).toBe(false);
      }),
    );
  });
});
