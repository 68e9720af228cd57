import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { serveLibraryMachine, type LibraryMachine } from '../library/library-machine.ts';
import type { Library } from '../library/library.ts';
import { parseStateId } from '../shared/model/ids.ts';
import { unwrap } from '../shared/result.ts';
import { sh } from './exec.fixture.ts';
import { startNodeMachine } from './node-endpoint.ts';
import type { RequestArgs, RequestName, RequestValue } from './protocol.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const MIB = 1024 * 1024;
/** What files leave in a state besides their bytes: names, folders, what else the guest wrote meanwhile. */
const REMAINS_MAX_BYTES = 256 * 1024;

describe('files of a tiny machine', () => {
  let home = '';
  let folder = '';
  let library: Library;
  let machine: LibraryMachine;
  const paths = new Map<string, string>();
  beforeAll(async () => {
    home = await copyHome(inject('tinyHome'));
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-files-'));
    library = await joinHome(home);
    const image = await library.images.find('tiny');
    const vm = await library.createVm({ name: 'under test', imageId: image.id, memoryMib: image.memoryMib });
    machine = serveLibraryMachine(await startNodeMachine(inject('machineParts')), {
      library,
      image,
      start: await library.states.get(image.base),
      takePath: (_, token) => paths.get(token) ?? null,
      saveState: ({ kind, content, name }) => {
        if (kind === 'base') throw new Error('no base snapshots here');
        return library.saveState({ vmId: vm.id, kind, content, name, config: machine.config, parent: null });
      },
    });
    await machine.start({ columns: 80, rows: 25 });
  });
  afterAll(async () => {
    machine.dispose();
    await library.close();
    await rm(home, { recursive: true });
    await rm(folder, { recursive: true });
  });

  const request = <Name extends RequestName>(name: Name, args: RequestArgs<Name>): Promise<RequestValue<Name>> =>
    machine.client.request(name, args);
  const write = (guestPath: string, content: string | Uint8Array, mode = 0o644): Promise<null> =>
    request('writeFile', { guestPath, bytes: typeof content === 'string' ? bytesOf(content) : content, mode });
  const read = async (guestPath: string): Promise<string> =>
    Buffer.from(await request('readFile', { guestPath, maxBytes: MIB })).toString();
  const guest = (script: string): Promise<string> => sh(machine.client, script);
  function token(hostPath: string): string {
    const name = randomBytes(16).toString('hex');
    paths.set(name, hostPath);
    return name;
  }

  it('are replaced whatever the guest knew of them: read, open, looked for and not found', async () => {
    await guest(
      'echo old >/root/a; cat /root/a; (exec 3</root/a; while [ ! -e /tmp/go ]; do sleep 0.05; done) & ls /root/b; true',
    );
    await write('/root/a', 'new a');
    await write('/root/b', 'new b');
    expect(await guest('cat /root/a; echo; cat /root/b; touch /tmp/go')).toBe('new a\nnew b');
    await write('/root/b', 'newer and longer b');
    expect(await guest('cat /root/b; wc -c </root/b')).toBe('newer and longer b18');
  });

  it('are as the guest wrote them, though it has not written them out', async () => {
    for (let round = 1; round <= 5; round += 1) {
      await guest(`echo ${round} >>/root/log`);
      expect(await read('/root/log')).toBe(Array.from({ length: round }, (_, index) => `${index + 1}\n`).join(''));
    }
    await guest('head -c 3000000 /dev/urandom >/root/big; truncate -s 2000000 /root/big');
    const bytes = await request('readFile', { guestPath: '/root/big', maxBytes: 4 * MIB });
    expect(sha256(bytes)).toBe((await guest('sha256sum </root/big')).split(' ')[0]);
    await expect(read('/root/big')).rejects.toMatchObject({ code: 'limit' });
  });

  it('are reached where the guest keeps them in memory', async () => {
    await write('/tmp/deep/in/memory', 'x', 0o600);
    expect(await guest('cat /tmp/deep/in/memory; stat -c %a:%U /tmp/deep/in/memory')).toBe('x600:root');
    await guest('printf y >>/tmp/deep/in/memory');
    expect(await read('/tmp/deep/in/memory')).toBe('xy');
    expect(await read('/proc/sys/kernel/ostype')).toBe('Linux\n');
    await write('/proc/sys/kernel/hostname', 'never').catch(() => undefined);
    expect(await guest('ls -a /usr/lib/terrarium/exchange')).toBe('.\n..');
  });

  it('are a hundred megabytes long, there and back', async () => {
    const bytes = new Uint8Array(randomBytes(100 * MIB));
    const [source, target] = [path.join(folder, 'in'), path.join(folder, 'out')];
    await writeFile(source, bytes);
    expect(await request('importFile', { token: token(source), guestPath: '/root/large' })).toEqual({
      sizeBytes: bytes.byteLength,
    });
    expect(await guest('stat -c %s:%a /root/large; mv /root/large /root/moved')).toBe(`${bytes.byteLength}:644`);
    expect(await request('exportFile', { token: token(target), guestPath: '/root/moved' })).toEqual({
      sizeBytes: bytes.byteLength,
    });
    expect(sha256(new Uint8Array(await readFile(target)))).toBe(sha256(bytes));
    await request('remove', { guestPath: '/root/moved', recursive: false });
  });

  it('keep their owner, and their mode unless told otherwise', async () => {
    const source = path.join(folder, 'small');
    await writeFile(source, 'new');
    await guest(
      'echo old >/root/owned; chown 1000:7 /root/owned; chmod 4750 /root/owned; cp -p /root/owned /tmp/owned',
    );
    for (const guestPath of ['/root/owned', '/tmp/owned']) {
      await request('importFile', { token: token(source), guestPath });
      expect(await guest(`cat ${guestPath}; stat -c :%u:%g:%a ${guestPath}`)).toBe('new:1000:7:4750');
      await request('importFile', { token: token(source), guestPath, mode: 0o600 });
      expect(await guest(`stat -c %u:%a ${guestPath}`)).toBe('1000:600');
    }
  });

  it('are written through a symbolic link, which stays one', async () => {
    await guest(
      'mkdir -p /root/to; echo old >/root/to/file; ln -sf to/file /root/link; ln -sf /tmp/far /root/out; echo far >/tmp/far',
    );
    await write('/root/link', 'through');
    await write('/root/out', 'further');
    expect(await guest('readlink /root/link; cat /root/to/file; readlink /root/out; cat /tmp/far')).toBe(
      'to/file\nthrough/tmp/far\nfurther',
    );
    expect(await request('stat', { guestPath: '/root/link', followLinks: false })).toMatchObject({ kind: 'symlink' });
    expect(await request('stat', { guestPath: '/root/link', followLinks: true })).toMatchObject({
      kind: 'file',
      sizeBytes: 7,
    });
  });

  it('have any names Linux allows', async () => {
    const names = ["it's", 'a "b"', 'line\nbreak', '-rf', '$(reboot)', '*', ' ', 'ä\u{1f40c}', 'x'.repeat(255)];
    await request('makeDir', { guestPath: '/root/names', mode: 0o755, parents: false });
    for (const name of names) await write(`/root/names/${name}`, name);
    expect(await guest('cd /root/names; set -- *; echo $#')).toBe(String(names.length));
    const listed = await request('readDir', { guestPath: '/root/names' });
    expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const name of names) expect(await read(`/root/names/${name}`)).toBe(name);
    await request('rename', { from: '/root/names/-rf', to: '/root/names/--' });
    await request('remove', { guestPath: '/root/names/--', recursive: true });
    for (const name of names.filter((each) => each !== '-rf')) {
      await request('remove', { guestPath: `/root/names/${name}`, recursive: false });
    }
    await request('remove', { guestPath: '/root/names', recursive: false });
    await expect(request('stat', { guestPath: '/root/names', followLinks: true })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('and folders are made, listed, moved and removed', async () => {
    await request('makeDir', { guestPath: '/root/p/q/r', mode: 0o700, parents: true });
    await request('makeDir', { guestPath: '/root/p/q/r', mode: 0o700, parents: true });
    await expect(request('makeDir', { guestPath: '/root/p', mode: 0o700, parents: false })).rejects.toMatchObject({
      code: 'exists',
    });
    await guest('ln -s q /root/p/link; mkfifo /root/p/fifo; printf 123 >/root/p/file');
    expect((await request('readDir', { guestPath: '/root/p' })).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'fifo other',
      'file file',
      'link symlink',
      'q directory',
    ]);
    await expect(request('readFile', { guestPath: '/root/p/fifo', maxBytes: 10 })).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(request('remove', { guestPath: '/root/p', recursive: false })).rejects.toMatchObject({
      code: 'bad-input',
    });
    await request('rename', { from: '/root/p', to: '/root/s' });
    expect(await guest('ls /root/p 2>/dev/null; cat /root/s/file')).toBe('123');
    await request('remove', { guestPath: '/root/s', recursive: true });
    expect(await guest('ls -d /root/s 2>/dev/null || echo gone')).toBe('gone');
    await expect(request('remove', { guestPath: '/root/s', recursive: true })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(request('rename', { from: '/root/none', to: '/root/x' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('go in and out as whole folders', async () => {
    await guest(
      'mkdir -p /root/t/d; cd /root/t; echo a >d/a; ln -s d/a link; echo x >x; chmod 755 x; printf z >"odd\nname"; mkdir e',
    );
    const tar = path.join(folder, 'tree.tar');
    const { sizeBytes } = await request('exportTree', { token: token(tar), guestPath: '/root/t' });
    expect((await readFile(tar)).byteLength).toBe(sizeBytes);
    for (const guestPath of ['/root/u/v', '/tmp/u']) {
      await request('importTree', { token: token(tar), guestPath });
      expect(await guest(`cd ${guestPath}; cat d/a link; ./x 2>/dev/null; stat -c %a x; cat odd*name; ls -d e`)).toBe(
        'a\na\n755\nze',
      );
    }
    await expect(request('exportTree', { token: token(tar), guestPath: '/root/none' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(io|not-found)$/),
      message: expect.stringMatching(/\/root\/none.*\.$/),
    });
    await writeFile(tar, randomBytes(10_000));
    await expect(request('importTree', { token: token(tar), guestPath: '/root/w' })).rejects.toMatchObject({
      code: 'io',
    });
    expect(await guest('ls -A /usr/lib/terrarium/exchange')).toBe('');
  });

  it('leave nothing of their bytes in later states once they are replaced or removed', async () => {
    const sizeOf = async (): Promise<number> => {
      const { receipt } = await request('save', {
        kind: 'snapshot',
        content: 'disk',
        name: randomBytes(4).toString('hex'),
      });
      return (await library.states.get(unwrap(parseStateId(receipt.stateId ?? '')))).sizeBytes;
    };
    await write('/root/small', 'x');
    const empty = await sizeOf();
    const large = new Uint8Array(randomBytes(4 * MIB));
    await write('/root/kept', large);
    const before = await sizeOf();
    // What is not removed is there.
    expect(before - empty).toBeGreaterThanOrEqual(large.byteLength);
    const ways: Record<string, () => Promise<unknown>> = {
      'replaced from outside': async () => {
        await write('/root/l1', large);
        await guest('sha256sum /root/l1');
        await write('/root/l1', 'x');
      },
      'removed from outside': async () => {
        await write('/root/l2', large);
        await guest('sha256sum /root/l2');
        await request('remove', { guestPath: '/root/l2', recursive: false });
      },
      'removed from outside, never seen by the guest': async () => {
        await write('/root/l3', large);
        await request('remove', { guestPath: '/root/l3', recursive: true });
      },
      'renamed over another': async () => {
        await write('/root/l4', large);
        await request('rename', { from: '/root/small', to: '/root/l4' });
        await write('/root/small', 'x');
      },
      'removed by the guest': () => guest('head -c 4000000 /dev/urandom >/root/l5; sync; rm /root/l5'),
      'renamed over by the guest': () =>
        guest('cd /root; head -c 4000000 /dev/urandom >l6; echo x >l7; sync; mv l7 l6; sync'),
      'removed while it was open': () =>
        guest('exec 3>/root/l8; head -c 4000000 /dev/urandom >&3; sync; rm /root/l8; exec 3>&-'),
      'replaced while it was open': async () => {
        await write('/root/l9', large);
        await guest(
          '(exec 3</root/l9; touch /tmp/open; while [ -e /tmp/open ]; do sleep 0.05; done) >/dev/null 2>&1 &',
        );
        await guest('until [ -e /tmp/open ]; do sleep 0.05; done');
        await write('/root/l9', 'x');
        await guest('rm /tmp/open');
        await guest('while ps -o args | grep -q "[w]hile \\[ -e"; do sleep 0.05; done');
      },
      'in a tree that was removed': () =>
        guest('mkdir -p /root/t1/t2; head -c 4000000 /dev/urandom >/root/t1/t2/x; sync; rm -r /root/t1'),
    };
    const grown: Record<string, number> = {};
    let last = before;
    for (const [way, run] of Object.entries(ways)) {
      await run();
      const now = await sizeOf();
      if (now - last > REMAINS_MAX_BYTES) grown[way] = now - last;
      last = now;
    }
    expect(grown).toEqual({});
  });
});
