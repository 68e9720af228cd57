import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureError } from '../../shared/result.ts';
import { makeScratch } from '../scratch.ts';
import { commandsProgram, commandUnderWay, failedCommand } from './build-commands.ts';
import { loadRecipe } from './load-recipe.ts';
import { parseRecipe } from './parse-recipe.ts';
import { RECIPE_MAX_BYTES } from './recipe-text.ts';
import { findRecipe, listRecipes } from './shipped.ts';

const RESOURCES = path.resolve(import.meta.dirname, '..', '..', '..', 'resources');
const HEAD = 'recipe: 1\nname: attic\nbase: tiny\n';
const parse = (text: string): ReturnType<typeof parseRecipe> => parseRecipe(new TextEncoder().encode(text), 'a.recipe');

describe('a recipe', () => {
  it('says what an image is made of', () => {
    const text = `# A comment\n${HEAD}title: The attic\ndescription: One\n  and two\npackages: git curl\n  jq\nfile: /etc/motd 0600\n  Hello\n\n    there\nrun: echo hi\nrun:\n  cd /etc\n  ls\nmemory: 128\nkernel: distro\nnetwork: offline\n`;
    expect(parse(text)).toMatchObject({
      name: 'attic',
      title: 'The attic',
      description: 'One and two',
      base: { kind: 'tiny' },
      packages: ['git', 'curl', 'jq'],
      files: [{ path: '/etc/motd', mode: 0o600, content: { kind: 'text', text: 'Hello\n\n  there\n' } }],
      commands: ['echo hi', 'cd /etc\nls'],
      memoryMib: 128,
      kernel: 'distro',
      network: 'offline',
    });
  });

  it.each([
    ['name: x\n', '1:1: A recipe begins with'],
    ['recipe: 2\n', '1:9: A recipe begins with'],
    ['recipe: 1\nname: attic\n', '1:1: The recipe has no “base”'],
    [`${HEAD}colour: red\n`, '4:1: There is no field “colour”'],
    [`${HEAD}name: b\n`, '4:1: “name” is there already, in line 2'],
    [`${HEAD}memory:  lots\n`, '4:10: “lots” is no memory'],
    [`${HEAD}packages: git\n  ../x\n`, '5:3: “../x” is not the name of a package'],
    [`${HEAD}file: /etc/../x\n`, '4:7: “/etc/../x” is no path'],
    [`${HEAD}file: /usr/lib/terrarium/init\n`, '4:7: A recipe’s files cannot be in /usr/lib/terrarium'],
    [`${HEAD}file: /a 0999\n`, '4:10: “0999” is no mode'],
    [`${HEAD}copy: ../secret /a\n`, '4:7: “../secret” does not lie beside the recipe'],
    [`${HEAD}copy: C:\\secret /a\n`, '4:7: “C:\\secret” does not lie beside'],
    [`${HEAD}network: internet+host\n`, '4:10: “internet+host” is no network that there is'],
    [`${HEAD}run: a\u202eb\n`, '4:7: There is an invisible character (U+202E)'],
    ['recipe: 1\nname: A b\nbase: tiny\n', '2:7: A recipe’s name has small letters'],
    ['recipe: 1\nname: a\nbase: gentoo\n', '3:7: “gentoo” is nothing that an image can begin as'],
    ['recipe: 1\nname: a\nbase: tarball /etc/x\n', '3:15: “/etc/x” does not lie beside'],
    [`${HEAD}sources: a/b\n`, '4:10: “a/b” is no file of apt’s sources'],
    [`${HEAD}what\n`, '4:1: “what” is no field'],
    [` x\n`, '1:1: Lines that belong'],
  ])('%j is refused where it is wrong', (text, message) => {
    expect(() => parse(text)).toThrow(`a.recipe:${message}`);
  });

  it('has no other end than a recipe or a sentence, whatever the bytes', () => {
    const line = fc.constantFrom(
      'recipe: 1',
      'name: a',
      'base: tiny',
      'run: x',
      '  y',
      '',
      'copy: a /b',
      'packages: é',
    );
    const text = fc.oneof(
      fc.uint8Array(),
      fc.array(line).map((lines) => new TextEncoder().encode(lines.join('\n'))),
    );
    fc.assert(
      fc.property(text, (bytes) => {
        try {
          parseRecipe(bytes, 'a.recipe');
        } catch (caught) {
          expect(caught).toBeInstanceOf(FailureError);
        }
      }),
    );
    expect(() => parseRecipe(new Uint8Array(RECIPE_MAX_BYTES + 1), 'a.recipe')).toThrow('256 KiB');
  });
});

describe('a recipe’s file', () => {
  let folder = '';
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, 'mine', name), text);
  const load = (name: string): ReturnType<typeof loadRecipe> =>
    loadRecipe(path.join(folder, 'mine', name), path.join(RESOURCES, 'recipes'));
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-recipe-'));
    await mkdir(path.join(folder, 'mine'));
    await writeFile(path.join(folder, 'secret'), 'secret');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('adds to the one it is based on', async () => {
    await write('hello.sh', 'echo hello\n');
    await write('low.recipe', `${HEAD}packages: a\nrun: one\nmemory: 64\nfile: /x\n  low\n`);
    await write(
      'high.recipe',
      'recipe: 1\nname: high\nbase: recipe low.recipe\npackages: b\nrun: two\ncopy: hello.sh /x 755\n',
    );
    const recipe = await load('high.recipe');
    expect(recipe).toMatchObject({ name: 'high', base: { kind: 'tiny' }, packages: ['a', 'b'], memoryMib: 64 });
    expect(recipe.commands).toEqual(['one', 'two']);
    expect(recipe.files.map(({ path: at, mode, content }) => [at, mode, Buffer.from(content).toString()])).toEqual([
      ['/x', 0o755, 'echo hello\n'],
    ]);
  });

  it('does not read what lies outside its folder, also not through a link', async () => {
    await symlink(path.join(folder, 'secret'), path.join(folder, 'mine', 'link'));
    await write('a.recipe', `${HEAD}copy: link /x\n`);
    await expect(load('a.recipe')).rejects.toThrow('a.recipe:4:12: There is no file “link” beside the recipe');
    await write('b.recipe', 'recipe: 1\nname: b\nbase: tarball link\n');
    await expect(load('b.recipe')).rejects.toThrow('There is no tarball “link” beside the recipe');
  });

  it('names apt’s sources where it begins as Debian, and nowhere else', async () => {
    await write('low.recipe', 'recipe: 1\nname: low\nbase: debian\nsources: shop\n');
    await write('high.recipe', 'recipe: 1\nname: high\nbase: recipe low.recipe\nsources: shop other\n');
    expect((await load('high.recipe')).sources).toEqual(['shop', 'other']);
    await write('tiny.recipe', `${HEAD}sources: shop\n`);
    await expect(load('tiny.recipe')).rejects.toThrow('tiny.recipe:4:10: Sources are apt’s');
  });

  it('is not based on itself, nor on what there is not', async () => {
    await write('a.recipe', 'recipe: 1\nname: a\nbase: recipe a.recipe\n');
    await expect(load('a.recipe')).rejects.toThrow('in a circle');
    await write('b.recipe', 'recipe: 1\nname: b\nbase: recipe nothing\n');
    await expect(load('b.recipe')).rejects.toThrow('b.recipe:3:7: There is no recipe “nothing”');
    await expect(load('none.recipe')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the shipped recipes', () => {
  it('can all be read', async () => {
    const recipes = await listRecipes(RESOURCES);
    expect(recipes.map(({ name }) => name)).toEqual([
      'alpine',
      'alpine-node',
      'alpine-python',
      'debian',
      'debian-dev',
      'tiny',
    ]);
    const dev = await findRecipe('debian-dev', RESOURCES);
    expect(dev.packages).toEqual(expect.arrayContaining(['git', 'python3', 'gcc']));
    await expect(findRecipe('debain', RESOURCES)).rejects.toThrow('There is no recipe “debain”. There are: alpine,');
  });
});

describe('a recipe’s commands', () => {
  it('are a program that says which one failed, and what it printed', () => {
    const { program, scripts } = commandsProgram(['echo a', 'false']);
    expect(program).toContain('run 2 0002');
    expect(scripts.get('0002')).toBe('#!/bin/sh\nset -e\nfalse\n');
    const log =
      'boot\r\nterrarium: recipe: command 1 begins\r\na\r\nterrarium: recipe: command 2 begins\r\n\u001b[31mno\u001b[0m such\r\n';
    expect(failedCommand(log)).toBeNull();
    expect(commandUnderWay(log)).toBe(2);
    expect(failedCommand(`${log}terrarium: recipe: command 2 ended with 7\r\nterrarium: ready\r\n`)).toEqual({
      number: 2,
      exitCode: 7,
      lastLines: 'no such',
    });
    expect(commandUnderWay(`${log}terrarium: ready\r\n`)).toBeNull();
  });
});

describe('the folder of a build', () => {
  it('goes with the build, or with the next one when its builder died', async () => {
    const parent = await mkdtemp(path.join(tmpdir(), 'terrarium-scratch-'));
    try {
      await mkdir(path.join(parent, 'terrarium-build-4242-abcdef'));
      await mkdir(path.join(parent, 'terrarium-build-77-abcdef'));
      const scratch = await makeScratch(parent, (pid) => pid === 77);
      await expect(makeScratch(parent, () => true)).resolves.not.toEqual(scratch);
      await scratch.remove();
      const { readdir } = await import('node:fs/promises');
      expect((await readdir(parent)).filter((name) => !name.includes(`-${process.pid}-`))).toEqual([
        'terrarium-build-77-abcdef',
      ]);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  });
});
