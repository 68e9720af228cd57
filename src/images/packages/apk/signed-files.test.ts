import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../../shared/result.ts';
import { FixtureKey, makeIndex, makePackage } from './apk-repository.fixture.ts';
import { splitGzipMembers } from './gzip-members.ts';
import { readIndexFile } from './index-file.ts';
import { KeyRing } from './keys.ts';
import { readPackageFile } from './package-file.ts';
import { parseIndex, parseRecord, type ApkRecord } from './record.ts';

const key = new FixtureKey();
const ring = new KeyRing(key.files, key.trusted);
const LIMITS = { what: 'It', membersMax: 3, contentMaxBytes: 1000 };

function recordOf(stanza: string): ApkRecord {
  const record = parseRecord(stanza);
  if (record === null) throw new Error('no record');
  return record;
}

describe('splitGzipMembers', () => {
  it('gives each member as it was packed, whatever lies in its header', () => {
    const named = gzipSync('two');
    const header = Buffer.concat([
      named.subarray(0, 3),
      Buffer.from([0x08]),
      named.subarray(4, 10),
      Buffer.from('n\0'),
    ]);
    const members = [gzipSync('one'), Buffer.concat([header, named.subarray(10)]), gzipSync('')];
    const split = splitGzipMembers(Buffer.concat(members), LIMITS);
    expect(split.map(({ packed }) => Buffer.from(packed))).toEqual(members);
    expect(split.map(({ content }) => Buffer.from(content).toString())).toEqual(['one', 'two', '']);
  });

  it('refuses bombs, further members, and what is cut short', () => {
    expect(() => splitGzipMembers(gzipSync(Buffer.alloc(10_000)), LIMITS)).toThrow(/more than it may/);
    const four = Buffer.concat([1, 2, 3, 4].map(() => gzipSync('x')));
    expect(() => splitGzipMembers(four, LIMITS)).toThrow(/more parts/);
    expect(() => splitGzipMembers(gzipSync('x').subarray(0, -3), LIMITS)).toThrow(/damaged/);
  });

  it('throws nothing but failures', () => {
    const start = gzipSync('some content of a file').subarray(0, 14);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isGzip) => {
        try {
          splitGzipMembers(isGzip ? Buffer.concat([start, bytes]) : bytes, LIMITS);
        } catch (caught) {
          expect(caught).toBeInstanceOf(FailureError);
        }
      }),
    );
  });
});

describe('readIndexFile', () => {
  const stanza = `C:Q1${'A'.repeat(27)}=\nP:tool\nV:1-r0\nA:x86\nS:10\nI:20\nD:so:a.so.1 !b c>=2\np:cmd:tool=1\ni:x y\nk:5\n`;

  it.each(['RSA', 'RSA256'] as const)('reads what is signed with %s', async (kind) => {
    const [record] = await readIndexFile(await makeIndex([stanza], key, kind), ring, 'The index');
    expect(record).toMatchObject({ name: 'tool', version: '1-r0', sizeBytes: 10, providerPriority: 5 });
    expect(record?.dependencies.map(({ name, isConflict }) => [name, isConflict])).toEqual([
      ['so:a.so.1', false],
      ['b', true],
      ['c', false],
    ]);
  });

  it('refuses another key, a wrong signature, none, and a key that is not trusted', async () => {
    const other = new FixtureKey('test-1.rsa.pub');
    const signed = await makeIndex([stanza], other);
    await expect(readIndexFile(signed, ring, 'The index')).rejects.toThrow(/The signature of The index is wrong/);
    const stranger = await makeIndex([stanza], new FixtureKey('stranger.rsa.pub'));
    await expect(readIndexFile(stranger, ring, 'The index')).rejects.toThrow(/not signed by a key/);
    const [, bare] = splitGzipMembers(signed, { ...LIMITS, contentMaxBytes: 100_000 });
    await expect(readIndexFile(bare?.packed ?? signed, ring, 'The index')).rejects.toThrow(/no signature/);
    const unbelieved = new KeyRing(key.files, new Set());
    expect(unbelieved.size).toBe(0);
    await expect(readIndexFile(await makeIndex([stanza], key), unbelieved, 'It')).rejects.toThrow(/not signed by/);
  });

  it('leaves out packages that are not well formed', () => {
    const bad = [
      stanza.replace('P:tool', 'P:../tool'),
      stanza.replace('V:1-r0', 'V:one'),
      stanza.replace('C:Q1', 'C:'),
    ];
    expect(parseIndex([...bad, stanza].join('\n')).map(({ name }) => name)).toEqual(['tool']);
  });

  it('any text is an index, if an empty one', () => {
    fc.assert(fc.property(fc.string(), (text) => parseIndex(text).length >= 0));
  });
});

describe('readPackageFile', () => {
  const fixture = {
    name: 'tool',
    version: '1-r0',
    info: ['triggers = /a /b', 'replaces = old', 'replaces_priority = 5'],
    scripts: { 'post-install': '#!/bin/sh\n' },
    files: [{ path: 'usr/bin/tool', content: 'a tool', mode: 0o755 }],
  };

  it.each([true, false])('reads it, signed: %s', async (isSigned) => {
    const { bytes, stanza } = await makePackage(fixture, isSigned ? key : undefined);
    const file = await readPackageFile(bytes, recordOf(stanza));
    expect(file).toMatchObject({ triggers: ['/a', '/b'], replaces: ['old'], replacesPriority: '5', skippedDevices: 0 });
    expect([...file.scripts.keys()]).toEqual(['post-install']);
    expect(file.entries).toMatchObject([{ kind: 'file', path: 'usr/bin/tool', meta: { mode: 0o755 } }]);
  });

  it('refuses other control files, other data, another name, and a file with a wrong checksum', async () => {
    const { bytes, stanza } = await makePackage(fixture);
    const other = await makePackage({ ...fixture, files: [{ path: 'usr/bin/tool', content: 'another' }] });
    await expect(readPackageFile(other.bytes, recordOf(stanza))).rejects.toThrow(/not the one that the signed index/);
    const limits = { what: 'It', membersMax: 3, contentMaxBytes: 1e6 };
    const [control] = splitGzipMembers(bytes, limits);
    const [, data] = splitGzipMembers(other.bytes, limits);
    const mixed = Buffer.concat([control?.packed ?? bytes, data?.packed ?? bytes]);
    await expect(readPackageFile(mixed, recordOf(stanza))).rejects.toThrow(/its files are not those/);
    const renamed = recordOf(stanza.replace('P:tool', 'P:toll'));
    await expect(readPackageFile(bytes, renamed)).rejects.toThrow(/calls itself something else/);
    const wrong = await makePackage({ ...fixture, files: [{ path: 'x', content: 'x', checksumHex: 'a'.repeat(40) }] });
    await expect(readPackageFile(wrong.bytes, recordOf(wrong.stanza))).rejects.toThrow(/its file “x”/);
  });
});
