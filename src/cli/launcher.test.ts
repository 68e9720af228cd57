import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let launcher: string;

beforeAll(async () => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as { bin: { terrarium: string } };
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-launcher-'));
  launcher = path.join(folder, manifest.bin.terrarium);
  await mkdir(path.dirname(launcher));
  await copyFile(manifest.bin.terrarium, launcher);
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) => spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8' });

it('says what to do before the command is built, then runs it', async () => {
  expect(run('image', 'list')).toMatchObject({
    status: 125,
    stdout: '',
    stderr: 'terrarium: Terrarium has not been built yet. Run “npm run build” in its folder, then try again.\n',
  });
  await mkdir(path.join(folder, 'out', 'main'), { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  const program = 'process.stdout.write(process.argv.slice(2).join());\nprocess.exitCode = 7;\n';
  await writeFile(path.join(folder, 'out', 'main', 'cli.js'), program);
  expect(run('image', 'list')).toMatchObject({ status: 7, stdout: 'image,list', stderr: '' });
});
