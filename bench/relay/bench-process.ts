import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import type { JobAnswer, JobRequest } from './protocol.ts';

const BUNDLES = path.resolve(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'terrarium', 'bench-relay');
/** Set to have each process write where its time goes when it ends (`--cpu-prof`), for whoever works on the relay. */
const PROFILE_FOLDER = process.env['TERRARIUM_BENCH_PROFILE'];

type Jobs<Table> = { [Name in keyof Table]: { args: object; value: unknown } };

/** A process of plain Node, bundled as a built app is, that carries out one job at a time. */
export class BenchProcess<Table extends Jobs<Table>> {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /**
   * @param entry a file of this folder that calls `serveJobs`
   * @param threads files of this folder that it starts as worker threads, from beside it
   */
  static async start<Table extends Jobs<Table>>(
    entry: string,
    threads: readonly string[] = [],
  ): Promise<BenchProcess<Table>> {
    const bundle = await bundleEntry(entry, threads);
    const profiling = PROFILE_FOLDER === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE_FOLDER}`];
    const child = fork(bundle, [], {
      execArgv: ['--expose-gc', ...profiling],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new BenchProcess<Table>(child);
  }

  /** @throws Error with the process's words when it fails or dies */
  run<Name extends keyof Table & string>(name: Name, args: Table[Name]['args']): Promise<Table[Name]['value']> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('A process of the benchmark has ended.'));
      this.child.once('exit', onExit);
      this.child.once('message', (message) => {
        this.child.removeListener('exit', onExit);
        const answer = message as JobAnswer;
        if (answer.t === 'done') resolve(answer.value);
        else reject(new Error(answer.message));
      });
      const request: JobRequest = { name, args };
      this.child.send(request);
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}

async function bundleEntry(entry: string, threads: readonly string[]): Promise<string> {
  await mkdir(BUNDLES, { recursive: true });
  await build({
    entryPoints: [
      path.join(import.meta.dirname, entry),
      ...threads.map((file) => path.join(import.meta.dirname, file)),
    ],
    bundle: true,
    packages: 'external',
    outdir: BUNDLES,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return path.join(BUNDLES, `${path.basename(entry, '.ts')}.mjs`);
}
