import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const tsc = (...args: string[]) =>
  run(process.execPath, [path.join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc'), ...args]);

const CONSUMER = `
import { exitCodeOf, FailureError, Terrarium, type CopyReport, type HeadlessMachine, type RunOutcome } from 'terrarium';

export async function use(): Promise<number> {
  const terrarium = await Terrarium.open({ home: '/somewhere' });
  const machine: HeadlessMachine = await terrarium.launch('tiny', { memoryMib: 256, network: { relayUrl: 'ws://h:1/' } });
  try {
    const { stdout, exitCode }: RunOutcome = await machine.sh('cat', { input: process.stdin, timeoutMs: 1000 });
    const command = await machine.exec(['cat'], { env: { A: 'b' }, user: 'nobody' });
    const reader: ReadableStreamDefaultReader<Uint8Array> = command.stdout.getReader();
    await reader.cancel();
    const report: CopyReport = await machine.copyOut('/etc/hostname', './hostname');
    await machine.snapshot(stdout.toString('utf8'));
    return exitCode + exitCodeOf(await command.result) + report.files;
  } catch (cause) {
    if (cause instanceof FailureError && cause.code === 'not-found') return 1;
    throw cause;
  } finally {
    await machine.close();
  }
}
`;

describe('the package, for a program that uses it', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-consumer-'));
    const installed = path.join(folder, 'node_modules', 'terrarium');
    await mkdir(installed, { recursive: true });
    const { name, version, type, exports } = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8'));
    await writeFile(path.join(installed, 'package.json'), JSON.stringify({ name, version, type, exports }));
    const types = path.join(PROJECT, 'src', 'headless', 'tsconfig.types.json');
    await tsc('-p', types, '--outDir', path.join(installed, 'out', 'types'));
    await symlink(path.join(PROJECT, 'node_modules', '@types'), path.join(folder, 'node_modules', '@types'));
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
    const compilerOptions = { strict: true, noEmit: true, module: 'NodeNext', target: 'ES2023', types: ['node'] };
    await writeFile(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true }, files: ['consumer.ts'] }),
    );
  }, 120_000);
  afterAll(async () => rm(folder, { recursive: true }));

  const check = async (source: string): Promise<string> => {
    await writeFile(path.join(folder, 'consumer.ts'), source);
    return tsc('-p', folder).then(
      ({ stdout }) => stdout,
      (cause: unknown) => (cause as { stdout: string }).stdout,
    );
  };

  it('has types that a strict program compiles against', async () => {
    expect(await check(CONSUMER)).toBe('');
  });

  it('refuses what it does not take', async () => {
    const wrong = CONSUMER.replace('memoryMib: 256', "memoryMib: '256'").replace('machine.close()', 'machine.shut()');
    const complaints = await check(wrong);
    expect(complaints).toContain("Type 'string' is not assignable to type 'number'");
    expect(complaints).toContain("Property 'shut' does not exist on type 'HeadlessMachine'");
  });

  it('keeps what is its own business to itself', async () => {
    expect(await check(CONSUMER.replace('machine.close()', 'machine.noteProblem("x")'))).toContain(
      "'noteProblem' does not",
    );
  });
});
