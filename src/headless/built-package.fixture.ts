import { spawn, type ChildProcess } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundlePrograms } from './bundle-programs.fixture.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');

export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The package as it is built: the command, the library for Node programs, the worker, and the examples. */
export class BuiltPackage {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<BuiltPackage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-package-'));
    const built = new BuiltPackage(folder);
    for (const name of ['node_modules', 'resources']) await symlink(path.join(PROJECT, name), path.join(folder, name));
    await copyFile(path.join(PROJECT, 'package.json'), path.join(folder, 'package.json'));
    await mkdir(path.join(folder, 'examples'));
    await copyFile(path.join(PROJECT, EXAMPLE), path.join(folder, EXAMPLE));
    await bundlePrograms({
      entryPoints: {
        cli: path.join(PROJECT, 'src', 'cli', 'index.ts'),
        terrarium: path.join(PROJECT, 'src', 'headless', 'index.ts'),
        'machine-worker': path.join(PROJECT, 'src', 'machine', 'entry-node.ts'),
        'page-worker': path.join(PROJECT, 'src', 'library', 'pages', 'entry-thread.ts'),
      },
      outdir: path.join(folder, 'out', 'main'),
      chunkNames: 'chunks/[name]-[hash]',
      splitting: true,
    });
    return built;
  }

  /** Starts `terrarium` with these arguments on a library. */
  command(home: string, ...args: readonly string[]): RunningProgram {
    return this.start(home, path.join('out', 'main', 'cli.js'), args);
  }

  example(home: string): RunningProgram {
    return this.start(home, EXAMPLE, []);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private start(home: string, program: string, args: readonly string[]): RunningProgram {
    const { PATH } = process.env;
    return new RunningProgram(
      spawn(process.execPath, [path.join(this.folder, program), ...args], {
        cwd: this.folder,
        env: { PATH, TERRARIUM_HOME: home, TERM: 'dumb' },
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
  }
}

const EXAMPLE = path.join('examples', 'run-a-command.mjs');

/** A program whose output is collected. */
export class RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  private readonly stdout: Buffer[] = [];
  private readonly stderr: Buffer[] = [];
  private readonly looks = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    const collect = (into: Buffer[]) => (piece: Buffer) => {
      into.push(piece);
      for (const look of [...this.looks]) look();
    };
    child.stdout?.on('data', collect(this.stdout));
    child.stderr?.on('data', collect(this.stderr));
    // A program need not take all its input.
    child.stdin?.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        resolve({ exitCode, stdout: Buffer.concat(this.stdout), stderr: Buffer.concat(this.stderr).toString() });
      });
    });
  }

  /** Gives it all its input, or none. */
  input(bytes: Uint8Array | string = ''): this {
    this.child.stdin?.end(bytes);
    return this;
  }

  /** Resolves once it has printed that. */
  async said(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!Buffer.concat([...this.stdout, ...this.stderr]).includes(text)) return;
        this.looks.delete(look);
        resolve();
      };
      this.looks.add(look);
      look();
    });
    const ended = this.ended.then((end) => {
      if (!end.stdout.includes(text) && !end.stderr.includes(text)) {
        throw new Error(`the program ended without saying “${text}”: ${end.stdout.toString()}${end.stderr}`);
      }
    });
    await Promise.race([seen, ended]);
  }
}
