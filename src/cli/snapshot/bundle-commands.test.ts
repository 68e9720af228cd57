import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StateManifest } from '../../shared/model/state.ts';
import { BuiltCli } from '../built-cli.fixture.ts';
import { SampleLibrary } from '../sample-library.fixture.ts';

const parsed = (text: string): unknown => JSON.parse(text);

describe('snapshot export and import', () => {
  let cli: BuiltCli;
  let sample: SampleLibrary;
  let first: StateManifest;
  let second: StateManifest;
  let file: string;
  beforeAll(async () => {
    cli = await BuiltCli.build();
  });
  afterAll(() => cli.remove());
  beforeEach(async () => {
    sample = await SampleLibrary.open(cli.home);
    const vm = await sample.addVm('box');
    first = await sample.save(vm, 'snapshot', 'first');
    second = await sample.save(vm, 'snapshot', 'second', first.id);
    file = path.join(path.dirname(cli.home), 'x.terrarium');
  });
  afterEach(async () => {
    await sample.library.close();
    await rm(cli.home, { recursive: true, force: true });
    await rm(file, { force: true });
  });

  it('take a tree of snapshots to another library', async () => {
    const exported = await cli.run('snapshot', 'export', 'first', file, '--children', '--with-image', '--json');
    expect(exported).toMatchObject({ exitCode: 0, stderr: '' });
    expect(parsed(exported.stdout)).toMatchObject({
      path: file,
      snapshots: [
        { id: first.id, name: 'first' },
        { id: second.id, name: 'second' },
      ],
      images: [{ id: 'tiny-1', name: 'tiny' }],
    });
    await sample.library.close();
    await rm(cli.home, { recursive: true });
    expect(await cli.run('snapshot', 'import', file)).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `Imported the image “tiny” (tiny-1).\nImported “first” (${first.id}).\nImported “second” (${second.id}).\n`,
    });
    expect((await cli.run('snapshot', 'verify')).stdout).toContain('All is as it was written.');
    expect((await cli.run('snapshot', 'list')).stdout).toMatch(/first.*\n.*second/);
    expect(parsed((await cli.run('snapshot', 'import', file, '--json')).stdout)).toEqual({
      imported: [],
      images: [],
      alreadyThere: [
        { id: first.id, name: 'first' },
        { id: second.id, name: 'second' },
      ],
    });
  });

  it('leave out what the receiver has', async () => {
    const whole = await cli.run('snapshot', 'export', 'second', file, '--json');
    expect(parsed(whole.stdout)).toMatchObject({ pageCount: 1, lentPageCount: 0, snapshots: [{ name: 'second' }] });
    for (const since of ['first', 'tiny']) {
      const part = await cli.run('snapshot', 'export', 'second', file, '--since', since, '--json');
      expect(parsed(part.stdout)).toMatchObject({ pageCount: 0, lentPageCount: 1 });
    }
    expect((await cli.run('snapshot', 'import', file)).stdout).toBe(`“second” is there already (${second.id}).\n`);
  });

  it('say what is wrong, and change nothing', async () => {
    expect(await cli.run('snapshot', 'export', 'frist', file)).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('Did you mean “first”?'),
    });
    expect((await cli.run('snapshot', 'export', 'first')).stderr).toContain('FILE is missing.');
    expect(await readdir(path.dirname(file))).not.toContainEqual(expect.stringContaining('.terrarium'));
    await writeFile(file, 'nothing of the kind');
    expect(await cli.run('snapshot', 'import', file)).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('is not a .terrarium file. Nothing was imported.'),
    });
    expect(parsed((await cli.run('snapshot', 'list', '--json')).stdout)).toHaveLength(2);
  });
});
