import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundlePrograms } from '../headless/bundle-programs.fixture.ts';

/** How a command ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PACKAGE_FOLDER = path.resolve(import.meta.dirname, '..', '..');

/** The command as it is shipped, a program with modules loaded when they are needed, and a library of its own. */
export class BuiltCli {
  readonly home: string;
  readonly program: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.home = path.join(folder, 'home');
    this.program = path.join(folder, 'out', 'main', 'index.js');
  }

  static async build(): Promise<BuiltCli> {
    const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-cli-'));
    const cli = new BuiltCli(folder);
    await mkdir(path.dirname(cli.program), { recursive: true });
    await copyFile(path.join(PACKAGE_FOLDER, 'package.json'), path.join(folder, 'package.json'));
    for (const name of ['node_modules', 'resources']) {
      await symlink(path.join(PACKAGE_FOLDER, name), path.join(folder, name));
    }
    await bundlePrograms({
      entryPoints: {
        index: path.join(import.meta.dirname, 'index.ts'),
        'page-worker': path.join(PACKAGE_FOLDER, 'src', 'library', 'pages', 'entry-thread.ts'),
      },
      outdir: path.dirname(cli.program),
      splitting: true,
    });
    return cli;
  }

  /** The environment it runs in: nothing of the person's own library, cache or colours. */
  get env(): NodeJS.ProcessEnv {
    const { PATH } = process.env;
    return { PATH, TERRARIUM_HOME: this.home, TERRARIUM_CACHE: path.join(this.#folder, 'cache'), TERM: 'dumb' };
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** Runs it and lets the caller do something meanwhile. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [this.program, ...args], {
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
    return { child, ended, said: () => stdout + stderr };
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
