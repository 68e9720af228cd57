import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bundlePrograms } from '../src/headless/bundle-programs.fixture.ts';
import { machineParts } from '../scripts/test-home.ts';
import type { Job, JobValue, RunnerAnswer, RunnerParts, RunnerRequest } from './runner-protocol.ts';

const BUNDLES = path.resolve(import.meta.dirname, '..', 'node_modules', '.cache', 'terrarium', 'bench');

/**
 * A process of plain Node in which machines run, bundled as a built app is: no TypeScript loader
 * in its workers, and its CPU time and memory are those of its machines.
 */
export class Runner {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start(): Promise<Runner> {
    bundled ??= bundleRunner();
    const { runnerPath, parts } = await bundled;
    const child = fork(runnerPath, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const runner = new Runner(child);
    await runner.ask({ t: 'parts', parts });
    return runner;
  }

  /** Runs one job. @throws Error with the runner's words when it fails or dies */
  async run<Name extends Job['kind']>(job: Extract<Job, { kind: Name }>): Promise<JobValue<Name>> {
    return (await this.ask({ t: 'job', job })) as JobValue<Name>;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  private ask(request: RunnerRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('The process that runs the machines has ended.'));
      this.child.once('exit', onExit);
      this.child.once('message', (message) => {
        this.child.removeListener('exit', onExit);
        const answer = message as RunnerAnswer;
        if (answer.t === 'done') resolve(answer.value);
        else reject(new Error(answer.message));
      });
      this.child.send(request);
    });
  }
}

let bundled: Promise<{ runnerPath: string; parts: RunnerParts }> | null = null;

async function bundleRunner(): Promise<{ runnerPath: string; parts: RunnerParts }> {
  const parts = await machineParts();
  await mkdir(BUNDLES, { recursive: true });
  await bundlePrograms({
    entryPoints: [path.join(import.meta.dirname, 'run-machines.ts'), path.join(import.meta.dirname, 'plain-worker.ts')],
    // As a user of the package has it; bundled, it would look for CommonJS and fail.
    external: ['v86'],
    outdir: BUNDLES,
    outExtension: { '.js': '.mjs' },
  });
  return {
    runnerPath: path.join(BUNDLES, 'run-machines.mjs'),
    parts: { ...parts, plainWorkerPath: path.join(BUNDLES, 'plain-worker.mjs') },
  };
}
