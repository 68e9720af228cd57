import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

const PROJECT = path.resolve(import.meta.dirname, '..');

/** Opens or joins the library, and gives the script `library`, `say` (a line to the test) and `heard` (a line from it). */
const FRAME = `
  import { randomBytes } from 'node:crypto';
  import { createInterface } from 'node:readline';
  const { Library } = await import(process.env.TEST_LIBRARY_MODULE);
  const dependencies = { now: Date.now, randomBytes: (count) => randomBytes(count), program: process.env.TEST_PROGRAM };
  const library = await Library.join(process.env.TEST_HOME, dependencies);
  const say = (...words) => console.log(words.join(' '));
  const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
  const heard = async () => (await lines.next()).value;
`;

/** Another process that uses a library. */
export class LibraryProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<unknown[]>;
  private problems = '';

  /** @param script JavaScript of a module; top-level await may be used */
  constructor(home: string, script: string, program: 'app' | 'command' | 'builder' = 'command') {
    this.child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', FRAME + script], {
      cwd: PROJECT,
      env: {
        ...process.env,
        TEST_HOME: home,
        TEST_PROGRAM: program,
        TEST_LIBRARY_MODULE: path.join(PROJECT, 'src', 'library', 'library.ts'),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.problems += chunk.toString()));
    this.ended = once(this.child, 'exit');
    if (!this.child.stdout) throw new Error('a child without standard output');
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** The next line it says. @throws with what it complained of, when it ended instead */
  async says(): Promise<string> {
    const line = await this.lines.next();
    if (line.done !== true) return line.value;
    await this.ended;
    throw new Error(`the process ended without saying more: ${this.problems}`);
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Resolves when it has ended by itself. @throws unless it ended well */
  async finished(): Promise<void> {
    const [code] = await this.ended;
    if (code !== 0) throw new Error(`the process ended with ${String(code)}: ${this.problems}`);
  }

  /** kill -9 */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}
