import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('what goes into and out of a tiny machine', () => {
  let home = '';
  let library: Library;
  let image: ImageManifest;
  let machine: TestMachine;
  beforeEach(async () => {
    home = await copyHome(inject('tinyHome'));
    library = await joinHome(home);
    image = await library.images.find('tiny');
    const vm = await library.createVm({ name: 'under test', imageId: image.id, memoryMib: image.memoryMib });
    machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base' });
  });
  afterEach(async () => {
    machine.dispose();
    await rm(home, { recursive: true });
  });
  const read = async (guestPath: string): Promise<string> =>
    Buffer.from(await machine.client.request('readFile', { guestPath, maxBytes: 1 << 24 })).toString();
  const write = (guestPath: string, bytes: Uint8Array, mode = 0o644): Promise<unknown> =>
    machine.client.request('writeFile', { guestPath, bytes, mode });

  it('takes a paste of one megabyte whole', async () => {
    const terminal = await machine.terminal();
    // Lines, as a terminal in its usual mode takes at most 4095 bytes of one.
    const lines = Array.from({ length: 16_384 }, () => randomBytes(32).toString('hex').slice(0, 63));
    const paste = bytesOf(`${lines.join('\n')}\n`);
    expect(paste.byteLength).toBe(1024 * 1024);
    await terminal.run('stty -echo');
    terminal.forget();
    terminal.type('cat > /root/pasted; echo "sha $(sha256sum /root/pasted)"\n');
    terminal.type(paste);
    terminal.type('\x04');
    const [, hash] = await terminal.waitFor(/sha ([0-9a-f]{64})/);
    expect(hash).toBe(sha256(paste));
  });

  it('brings five megabytes of output to a slow viewer unchanged, and stands still meanwhile', async () => {
    const terminal = await machine.terminal();
    await terminal.run('stty -echo -opost; head -c 5242880 /dev/urandom > /root/out');
    const expected = Buffer.from(
      await machine.client.request('readFile', { guestPath: '/root/out', maxBytes: 1 << 24 }),
    );
    terminal.forget();
    terminal.drawing = false;
    terminal.type('cat /root/out; printf END-OF-OUTPUT\n');
    await terminal.waitForBytes(1024 * 1024);
    // The machine stands still: answers still come, output does not grow beyond what is allowed undrawn.
    for (let round = 0; round < 200; round += 1) await machine.client.request('attach', { console: 1 });
    expect(terminal.raw().byteLength).toBeLessThan(2 * 1024 * 1024);
    terminal.drawing = true;
    await terminal.waitForBytes(expected.byteLength + 'END-OF-OUTPUT'.length);
    const output = terminal.raw();
    expect(output.subarray(0, expected.byteLength).equals(expected)).toBe(true);
    expect(output.subarray(expected.byteLength).toString()).toContain('END-OF-OUTPUT');
  });

  it('brings two consoles’ output apart while one viewer is stuck for a time', async () => {
    const [first, second] = [await machine.terminal(0), await machine.terminal(1)];
    first.drawing = false;
    first.type('yes first | head -n 300000; echo done-$((1+1))\n');
    await first.waitForBytes(1024 * 1024);
    first.drawing = true;
    await first.waitFor(/done-2/);
    expect((await second.run('echo second')).output).toBe('second');
    expect(first.text().match(/^first\r?$/gm)?.length).toBe(300_000);
  });

  it('shows an imported file to the guest, with its permissions', async () => {
    const terminal = await machine.terminal();
    const bytes = new Uint8Array(randomBytes(3_000_001));
    expect((await terminal.run('cat /root/imported')).status).toBe(1);
    await write('/root/imported', bytes, 0o755);
    expect((await terminal.run('sha256sum < /root/imported')).output).toContain(sha256(bytes));
    expect((await terminal.run('stat -c "%a %u %g %s" /root/imported')).output).toBe('755 0 0 3000001');
    await write('/root/script', bytesOf('#!/bin/sh\necho "I run"\n'), 0o755);
    expect((await terminal.run('/root/script')).output).toBe('I run');
  });

  it('shows the new content of a file the guest has read before, longer or shorter', async () => {
    const terminal = await machine.terminal();
    for (const content of ['first', 'a longer second content', 'third', '']) {
      await write('/root/changing', bytesOf(content));
      expect((await terminal.run('cat /root/changing')).output).toBe(content);
      expect((await terminal.run('wc -c < /root/changing')).output).toBe(String(content.length));
    }
  });

  it('replaces a file of the image itself', async () => {
    const terminal = await machine.terminal();
    expect((await terminal.run('cat /etc/shells')).output).toBe('/bin/sh');
    await write('/etc/shells', bytesOf('/bin/other\n'));
    expect((await terminal.run('cat /etc/shells')).output).toBe('/bin/other');
    expect(await read('/etc/shells')).toBe('/bin/other\n');
  });

  it('replaces a file the guest has written and not yet flushed', async () => {
    const terminal = await machine.terminal();
    await terminal.run('echo "from the guest" > /root/both');
    await write('/root/both', bytesOf('from outside'));
    await terminal.run('sync');
    expect((await terminal.run('cat /root/both')).output).toBe('from outside');
    expect(await read('/root/both')).toBe('from outside');
  });

  it('reads what the guest wrote, at once', async () => {
    const terminal = await machine.terminal();
    await terminal.run('mkdir -p /root/made/deep; echo "one" > /root/made/deep/file; ln -s deep/file /root/made/link');
    expect(await read('/root/made/deep/file')).toBe('one\n');
    expect(await read('/root/made/link')).toBe('one\n');
    await terminal.run('echo two >> /root/made/deep/file');
    expect(await read('/root/made/deep/file')).toBe('one\ntwo\n');
    const entries = await machine.client.request('readDir', { guestPath: '/root/made' });
    expect(entries.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['deep directory', 'link symlink']);
    await terminal.run('rm -r /root/made');
    await expect(read('/root/made/deep/file')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('brings a large file there and back unchanged', async () => {
    const bytes = new Uint8Array(randomBytes(20 * 1024 * 1024));
    await write('/root/large', bytes);
    const terminal = await machine.terminal();
    expect((await terminal.run('sha256sum < /root/large')).output).toContain(sha256(bytes));
    await terminal.run('cp /root/large /root/copy');
    const copy = await machine.client.request('readFile', { guestPath: '/root/copy', maxBytes: 1 << 26 });
    expect(sha256(copy)).toBe(sha256(bytes));
  });

  it.each([
    ['/root/none', 'not-found'],
    ['/root', 'bad-input'],
    ['/dev/hvc3', 'bad-input'],
    ['/root/\0', 'bad-input'],
    ['root/x', 'bad-input'],
    [`/${'x'.repeat(300)}`, 'bad-input'],
  ])('refuses to read %j with a sentence', async (guestPath, code) => {
    await expect(read(guestPath)).rejects.toMatchObject({ code, message: expect.stringMatching(/\.$/) });
  });

  it.each([
    ['/root', 'exists'],
    ['/', 'exists'],
    ['/etc/shells/x', 'bad-input'],
    ['/proc/x', 'not-found'],
    ['/root/..', 'exists'],
    ['x', 'bad-input'],
  ])('refuses to write %j with a sentence', async (guestPath, code) => {
    await expect(write(guestPath, bytesOf('x'))).rejects.toMatchObject({ code, message: expect.stringMatching(/\.$/) });
    const terminal = await machine.terminal();
    expect((await terminal.run('ls -d /root /tmp')).output).toMatch(/\/root\s+\/tmp/);
  });

  it('gives the guest an I/O error for a file of the image that is missing, says so, and goes on', async () => {
    const terminal = await machine.terminal();
    const { sha256: name } = await blobOf('/etc/motd');
    await unlink(path.join(home, 'blobs', name.slice(0, 2), name));
    await terminal.run('echo 3 > /proc/sys/vm/drop_caches');
    const { output, status } = await terminal.run('cat /etc/motd');
    expect(status).not.toBe(0);
    expect(output).toContain('Input/output error');
    expect((await machine.event('problem')).message).toContain('could not be read');
    expect((await terminal.run('echo still here')).output).toBe('still here');
  });

  it('gives the guest an I/O error for a file of the image that was changed on disk', async () => {
    const terminal = await machine.terminal();
    const { sha256: name } = await blobOf('/etc/motd');
    const file = path.join(home, 'blobs', name.slice(0, 2), name);
    const content = await readFile(file);
    content[0] = content[0]! ^ 1;
    // A new file: the old one is a hard link that other homes share.
    await unlink(file);
    await writeFile(file, content);
    await terminal.run('echo 3 > /proc/sys/vm/drop_caches');
    expect((await terminal.run('cat /etc/motd')).output).toContain('Input/output error');
    expect((await machine.event('problem')).message).toContain('is damaged on disk');
  });

  async function blobOf(guestPath: string): Promise<{ sha256: string }> {
    const chunks: Uint8Array[] = [];
    for await (const piece of (await library.blobs.open(image.fsJson.sha256)).pieces) chunks.push(piece);
    type Node = [string, number, number, number, number, number, string | Node[]];
    let nodes = (JSON.parse(Buffer.concat(chunks).toString()) as { fsroot: Node[] }).fsroot;
    for (const name of guestPath.split('/').filter((part) => part !== '')) {
      const content = nodes.find(([each]) => each === name)?.[6];
      if (content === undefined) throw new Error(`the image has no ${guestPath}`);
      if (typeof content === 'string') return { sha256: content };
      nodes = content;
    }
    throw new Error(`${guestPath} is a folder`);
  }
});
