import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, watch, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newBytesOf } from '../shared/model/snapshot-summary.ts';
import { BuiltCli } from './built-cli.fixture.ts';
import { SampleLibrary } from './sample-library.fixture.ts';

let cli: BuiltCli;
beforeAll(async () => {
  cli = await BuiltCli.build();
});
afterAll(() => cli.remove());
afterEach(() => rm(cli.home, { recursive: true, force: true }));

const parsed = (text: string): unknown => JSON.parse(text);

describe('the command', () => {
  it('says what there is', async () => {
    const help = await cli.run('help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    for (const words of ['shell', 'image build', 'snapshot verify', 'doctor'])
      expect(help.stdout).toContain(`  ${words} `);
    expect(await cli.run('--help')).toEqual(help);
    expect(await cli.run()).toEqual({ ...help, exitCode: 125 });
    const build = await cli.run('help', 'image', 'build');
    expect(build.stdout).toMatch(
      /^Usage: terrarium image build RECIPE \[OPTION\]\.\.\.\n\nBuild an image from a recipe\.\n/,
    );
    expect(await cli.run('image', 'build', '--help')).toEqual(build);
    expect(await cli.run('image', 'build', '-h', '--nonsense')).toEqual(build);
    expect((await cli.run('image', '--help')).stdout).toContain('  image rm ');
    expect(help.stdout + build.stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('says its version', async () => {
    const { version } = parsed(await readFile('package.json', 'utf8')) as { version: string };
    expect(await cli.run('--version')).toEqual({ exitCode: 0, stdout: `terrarium ${version}\n`, stderr: '' });
  });

  it('fails with 125 and a sentence, as text on standard error', async () => {
    expect(await cli.run('imgae', 'list')).toEqual({
      exitCode: 125,
      stdout: '',
      stderr:
        'terrarium: There is no command “imgae”. Did you mean “terrarium image list”? Run “terrarium help” for what there is.\n',
    });
    expect((await cli.run('image')).stderr).toContain('What to do with “image” is missing.');
    expect((await cli.run('image', 'list', '--jsn')).stderr).toContain('has no option --jsn. Did you mean --json?');
    expect((await cli.run('snapshot', 'rename', 'a')).stderr).toContain(
      'NEW-NAME is missing. This is how: terrarium snapshot rename NAME NEW-NAME',
    );
    expect((await cli.run('vm', 'list', 'x')).stderr).toContain('“x” is one argument too many.');
    expect((await cli.run('vm', 'list', '--', 'x')).stderr).toContain('“x” is one argument too many.');
    expect((await cli.run('image', 'build', 'tiyn')).stderr).toContain('Did you mean “tiny”?');
    expect((await cli.run('image', 'build', 'tiny', '--memory', 'much')).stderr).toContain('“much” is none');
    expect((await cli.run('image', 'build', 'tiny', '--memory', '9')).stderr).toContain('from 48 to 2047 MiB');
    expect((await cli.run('image', 'import', 'x.tar')).stderr).toContain('Say what the image shall be called');
    expect((await cli.run('image', 'import', '/nowhere.tar', '--name', 'x')).stderr).toContain('does not exist');
    expect((await cli.run('snapshot', 'rm', 'a\u001b[2Jb')).stderr).toContain('no snapshot called “a[2Jb”');
  });

  it('fails as one JSON document on standard output when that was asked for', async () => {
    for (const args of [['imgae'], ['image', 'build', 'tiyn'], ['snapshot', 'show', 'x'], ['image', 'list', '--no']]) {
      const { exitCode, stdout, stderr } = await cli.run(...args, '--json');
      expect({ exitCode, stderr }).toEqual({ exitCode: 125, stderr: '' });
      expect(parsed(stdout)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
    }
  });

  it('lists nothing where there is nothing', async () => {
    for (const group of ['image', 'snapshot', 'vm']) {
      expect(await cli.run(group, 'list', '--json')).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
      expect((await cli.run(group, 'list')).stdout).toMatch(/^There are no .* yet\. .*: terrarium /);
    }
  });
});

describe('with a library', () => {
  let sample: SampleLibrary;
  beforeEach(async () => {
    sample = await SampleLibrary.open(cli.home);
  });
  afterEach(() => sample.library.close());

  it('lists images, snapshots and VMs, as tables and as JSON', async () => {
    const vm = await sample.addVm('図書館');
    const snapshot = await sample.save(vm, 'snapshot', 'before');
    await sample.save(vm, 'head', '');
    const images = await cli.run('image', 'list');
    expect(images.stderr).toBe('');
    expect(images.stdout).toMatch(
      /^NAME +ID +KERNEL +MEMORY +FILES +SIZE +BUILT\ntiny +tiny-1 +6\.1 \(tuned\) +64 MiB +1 +14 B +20/,
    );
    expect(parsed((await cli.run('image', 'list', '--json')).stdout)).toEqual([
      expect.objectContaining({ id: 'tiny-1', name: 'tiny', memoryMib: 64, fileCount: 1, sizeBytes: 14 }),
    ]);
    const snapshots = await cli.run('snapshot', 'list');
    expect(snapshots.stdout).toMatch(/^NAME +ID +IMAGE +OF +SIZE +NEW +TAGS +TAKEN\n/);
    expect(snapshots.stdout).toMatch(new RegExp(`\nbefore +${snapshot.id} +tiny +図書館 +3 B +\\d+ B +20`));
    expect(parsed((await cli.run('snapshot', 'list', '--json')).stdout)).toEqual([
      {
        id: snapshot.id,
        name: 'before',
        note: '',
        tags: [],
        isProtected: false,
        madeBy: 'person',
        imageId: 'tiny-1',
        imageName: 'tiny',
        vmId: vm.id,
        vmName: '図書館',
        parent: null,
        content: 'full',
        createdAt: snapshot.createdAt,
        memoryMib: 64,
        sizeBytes: 3,
        newBytes: newBytesOf(snapshot),
      },
    ]);
    const vms = await cli.run('vm', 'list');
    expect(vms.stdout).toMatch(new RegExp(`\n図書館 +${vm.id} +tiny +64 MiB +internet +where it was left +20`));
    expect(parsed((await cli.run('vm', 'list', '--json')).stdout)).toEqual([
      expect.objectContaining({ id: vm.id, name: '図書館', imageName: 'tiny', startsFrom: 'head' }),
    ]);
    expect(images.stdout + snapshots.stdout + vms.stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('shows an image, what needs it and what it shares', async () => {
    const vm = await sample.addVm('one');
    await sample.save(vm, 'snapshot', 'before');
    const shown = await cli.run('image', 'show', 'tiny');
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain('Name        tiny\nId          tiny-1\nRecipe      tiny\n');
    expect(shown.stdout).toContain('\nKernel      6.1 (tuned)\nMemory      64 MiB\n');
    expect(shown.stdout).toContain('\nNeeded by   VM “one”\nNeeded by   snapshot “before”\n');
    await sample.addImage('spare', 'spare-1');
    expect(parsed((await cli.run('image', 'show', 'spare-1', '--json')).stdout)).toMatchObject({
      id: 'spare-1',
      update: 'unknown',
      vms: [],
      packages: {},
      disk: { sharedBytes: expect.any(Number) as number },
    });
    expect((await cli.run('image', 'show', 'spar')).stderr).toContain('Did you mean “spare”?');
  });

  it('shows, renames and deletes a snapshot', async () => {
    const vm = await sample.addVm('one');
    const { id } = await sample.save(vm, 'snapshot', 'before');
    const shown = await cli.run('snapshot', 'show', 'before');
    expect(shown.stdout).toContain(`Name        before\nId          ${id}\nImage       tiny (tiny-1)\n`);
    expect(shown.stderr).toBe('');
    expect(parsed((await cli.run('snapshot', 'show', id, '--json')).stdout)).toMatchObject({
      id,
      obstacle: null,
      children: [],
    });
    expect((await cli.run('snapshot', 'rename', 'before', 'after')).stdout).toBe('“before” is now called “after”.\n');
    expect((await cli.run('snapshot', 'rename', 'after', 'a/b')).stderr).toContain('cannot contain “/”');
    expect((await cli.run('snapshot', 'show', 'befor')).stderr).toContain('There are: after.');
    expect((await cli.run('snapshot', 'rm', 'afte')).stderr).toContain('Did you mean “after”?');
    expect(await cli.run('snapshot', 'rm', 'after')).toEqual({
      exitCode: 0,
      stdout: `Deleted “after” (${id}).\n`,
      stderr: '',
    });
    expect((await cli.run('snapshot', 'list', '--json')).stdout).toBe('[]\n');
  });

  it('says, protects and moves what a person says of a snapshot', async () => {
    const vm = await sample.addVm('one');
    const first = await sample.save(vm, 'snapshot', 'first');
    const second = await sample.save(vm, 'snapshot', 'second', first.id);
    expect((await cli.run('snapshot', 'list')).stdout).toMatch(/\n┌ first .*\n└ second .*\n$/);
    const set = ['snapshot', 'set', 'second'];
    const changed = await cli.run(...set, '--note', 'one\ntwo', '--tag', 'b', '--tag', 'a', '--protect', '--json');
    const said = { note: 'one\ntwo', tags: ['b', 'a'], isProtected: true };
    expect(parsed(changed.stdout)).toEqual({ id: second.id, name: 'second', ...said });
    expect((await cli.run('snapshot', 'list')).stdout).toMatch(/\n└ second .* \(protected\), b, a +20/);
    const shown = (await cli.run('snapshot', 'show', 'second')).stdout;
    expect(shown).toContain('\nNote        one\n            two\nTags        b, a\nProtected   yes\n');
    expect(shown).toContain(`\nBefore it   “first” (${first.id})\n`);
    expect((await cli.run('snapshot', 'rm', 'second')).stderr).toContain('“second” is protected, so it was kept.');
    expect(await cli.run(...set, '--name', '2nd', '--untag', 'b', '--unprotect')).toMatchObject({
      exitCode: 0,
      stdout: `“2nd” was changed (${second.id}).\n`,
    });
    expect((await cli.run('snapshot', 'set', '2nd', '--untag', 'b')).stderr).toContain('“2nd” has no tag “b”.');
    expect((await cli.run('snapshot', 'set', '2nd')).stderr).toContain('Say what to change: --name, --note');
    expect((await cli.run('snapshot', 'set', '2nd', '--protect', '--unprotect')).exitCode).toBe(125);
    expect(await cli.run('snapshot', 'move-up', '2nd')).toMatchObject({ exitCode: 0, stdout: '“2nd” was moved up.\n' });
    expect((await cli.run('snapshot', 'move-up', '2nd')).stderr).toContain('is at the top of the tree already');
    expect(parsed((await cli.run('snapshot', 'show', '2nd', '--json')).stdout)).toMatchObject({
      tags: ['a'],
      isProtected: false,
      parent: null,
      uniqueBytes: expect.any(Number),
    });
  });

  it('changes nothing when a name is that of several', async () => {
    const vm = await sample.addVm('one');
    const { id } = await sample.save(vm, 'snapshot', 'same');
    await sample.save(vm, 'snapshot', 'same');
    const { exitCode, stderr } = await cli.run('snapshot', 'rm', 'same');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(
      /2 snapshots are called “same”\. Nothing was changed; say which by its id: st-\w+, st-\w+\./,
    );
    expect((await cli.run('snapshot', 'rm', id)).exitCode).toBe(0);
    await sample.addImage('tiny', 'tiny-2');
    expect((await cli.run('image', 'rm', 'tiny')).stderr).toContain('2 images are called “tiny”');
  });

  it('deletes what can be deleted, and says why the rest was kept', async () => {
    const vm = await sample.addVm('one');
    await sample.addImage('spare', 'spare-1');
    const both = await cli.run('image', 'rm', 'tiny', 'spare', '--json');
    expect(both.exitCode).toBe(125);
    expect(parsed(both.stdout)).toEqual({
      removed: [{ id: 'spare-1', name: 'spare', freedBytes: expect.any(Number) as number }],
      failed: [{ name: 'tiny', code: 'busy', message: 'The image “tiny” is needed by VM “one”, so it was kept.' }],
    });
    expect((await cli.run('vm', 'rm', 'one')).stdout).toBe(`Deleted “one” (${vm.id}).\n`);
    expect((await cli.run('image', 'rm', 'tiny')).stdout).toMatch(/^Deleted “tiny” \(tiny-1\)\. \d+ B were freed\.\n$/);
    expect((await cli.run('image', 'list', '--json')).stdout).toBe('[]\n');
  });

  it('keeps a VM that runs', async () => {
    const vm = await sample.addVm('one');
    const hold = await sample.library.holdVm(vm.id);
    const refused = await cli.run('vm', 'rm', 'one', '--json');
    expect(parsed(refused.stdout)).toMatchObject({ error: { code: 'busy' } });
    await hold.release();
    expect((await cli.run('vm', 'rm', 'one')).exitCode).toBe(0);
  });

  it('finds what is damaged, and deletes it by its id', async () => {
    const vm = await sample.addVm('one');
    const good = await sample.save(vm, 'snapshot', 'good');
    const bad = await sample.save(vm, 'snapshot', 'bad');
    const whole = await cli.run('snapshot', 'verify');
    expect(whole).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('All is as it was written.') });
    await writeFile(path.join(cli.home, 'states', bad.id, 'pages.map'), 'no map');
    const found = await cli.run('snapshot', 'verify');
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toContain('damaged  “bad” has a damaged page map');
    expect((await cli.run('snapshot', 'verify', good.id)).exitCode).toBe(0);
    const json = await cli.run('snapshot', 'verify', 'bad', '--json');
    expect(json.exitCode).toBe(1);
    expect(parsed(json.stdout)).toMatchObject({ ok: false, stateCount: 1, damage: [{ id: bad.id, kind: 'snapshot' }] });

    await writeFile(path.join(cli.home, 'states', bad.id, 'manifest.json'), 'not sealed');
    expect((await cli.run('snapshot', 'verify', bad.id)).exitCode).toBe(1);
    const list = await cli.run('snapshot', 'list');
    expect(list).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`${bad.id} is damaged on disk`) });
    expect((await cli.run('snapshot', 'rm', bad.id)).exitCode).toBe(0);
    expect((await cli.run('snapshot', 'verify')).exitCode).toBe(0);
  });

  it('removes what nothing needs, and says first what that would be', async () => {
    await sample.library.blobs.put(new Uint8Array(1000));
    await sample.library.close();
    const dry = await cli.run('snapshot', 'gc', '--dry-run');
    expect(dry.stdout).toBe('Would remove 1 file of images: 1.0 kB\nWould remove 1.0 kB in all.\n');
    const gone = await cli.run('snapshot', 'gc', '--json');
    expect(parsed(gone.stdout)).toMatchObject({ dryRun: false, states: [], blobs: { count: 1, sizeBytes: 1000 } });
    expect((await cli.run('snapshot', 'gc')).stdout).toBe('There is nothing to remove.\n');
  });
});

describe('the doctor', () => {
  it('says what is missing, and what to do', async () => {
    const { exitCode, stdout } = await cli.run('doctor');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^ok +Node \d+/);
    expect(stdout).toContain('warning  The library does not exist yet');
    expect(stdout).toContain(
      'problem  There is no image yet, so no machine can start.\n         Build one: terrarium image build tiny\n',
    );
    const report = parsed((await cli.run('doctor', '--json')).stdout);
    expect(report).toMatchObject({ ok: false, fixed: [] });
    expect((report as { findings: unknown[] }).findings).toContainEqual({
      check: 'images',
      level: 'problem',
      message: expect.any(String),
      advice: 'Build one: terrarium image build tiny',
      canFix: true,
    });
  });

  it('sees what is damaged, and removes what nothing needs', async () => {
    const sample = await SampleLibrary.open(cli.home);
    const vm = await sample.addVm('one');
    await sample.library.blobs.put(new Uint8Array(1000));
    await sample.library.close();
    await writeFile(path.join(cli.home, 'vms', `${vm.id}.json`), 'not sealed');
    const report = parsed((await cli.run('doctor', '--fix', '--json')).stdout) as {
      fixed: string[];
      findings: unknown[];
    };
    expect(report.fixed).toContain('Removed 1.0 kB that nothing needed.');
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        check: 'content',
        level: 'problem',
        message: expect.stringContaining(`The VM ${vm.id}`),
      }),
    );
    const again = parsed((await cli.run('doctor', '--fix', '--json')).stdout) as { fixed: string[] };
    expect(again.fixed).toEqual([]);
  });
});

describe('stopping', () => {
  it('ends without a word when the reader goes away', async () => {
    const { child, ended } = cli.start(['help']);
    // Gone before a byte could be read.
    child.stdout.destroy();
    expect(await ended).toMatchObject({ exitCode: 141, stderr: '' });
  });

  it('lets a relay end cleanly on Ctrl-C', async () => {
    const { child, ended } = cli.start(['relay', '--json']);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ exitCode: 0 });
  });

  it('gives up a long task on Ctrl-C, cleans up after it and ends with 130', async () => {
    // Seven gigabytes when unpacked: far more than fits before the signal.
    const tarball = path.join(path.dirname(cli.home), 'long.tar.gz');
    const zeros = gzipSync(Buffer.alloc(10_000_000));
    await writeFile(tarball, Buffer.concat(Array.from({ length: 700 }, () => zeros)));
    const temporary = path.join(path.dirname(cli.home), 'temporary');
    await mkdir(temporary);
    const made = watch(temporary)[Symbol.asyncIterator]().next();
    const { child, ended } = cli.start(['image', 'import', tarball, '--name', 'long'], { TMPDIR: temporary });
    await made;
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      exitCode: 130,
      stderr: expect.stringContaining('Stopped. Nothing was imported.'),
    });
    expect(await readdir(temporary)).toEqual([]);
  });
});
