import { describe, expect, it } from 'vitest';
import type { MachineClient } from '../../../machine/client.ts';
import type { ExecRequest, ExecResult } from '../../../machine/guest-api.ts';
import { FailureError } from '../../../shared/result.ts';
import { ShellSource, type ShellWords } from './shell-source.ts';

const WORDS: ShellWords = {
  machineEnded: () => 'machine ended.',
  exited: (code) => `exited ${code}.`,
  killed: () => 'killed.',
  notStarted: (why) => `not started: ${why}`,
  pressEnter: () => 'press enter',
};
const SIZE = { columns: 80, rows: 25 };
const ENTER = Uint8Array.of(0x0d);

class FakeShell {
  readonly request: ExecRequest;
  readonly input: number[] = [];
  readonly sizes: string[] = [];
  readonly signals: number[] = [];
  private output: ReadableStreamDefaultController<Uint8Array> | null = null;
  private settle: (result: ExecResult) => void = () => undefined;
  readonly process;

  constructor(request: ExecRequest) {
    this.request = request;
    const stdout = new ReadableStream<Uint8Array>({ start: (controller) => void (this.output = controller) });
    this.process = {
      stdin: new WritableStream<Uint8Array>({ write: (bytes) => void this.input.push(...bytes) }),
      stdout,
      stderr: new ReadableStream<Uint8Array>(),
      result: new Promise<ExecResult>((resolve) => (this.settle = resolve)),
      kill: (signal: number) => void this.signals.push(signal),
      resize: (columns: number, rows: number) => void this.sizes.push(`${columns}x${rows}`),
    };
  }

  print(text: string): void {
    this.output?.enqueue(new TextEncoder().encode(text));
  }

  end(result: ExecResult): void {
    this.output?.close();
    this.settle(result);
  }
}

function setUp() {
  const shells: FakeShell[] = [];
  let refusal: Error | null = null;
  const client = {
    exec: (request: ExecRequest) => {
      if (refusal) return Promise.reject(refusal);
      const shell = new FakeShell(request);
      shells.push(shell);
      return Promise.resolve(shell.process);
    },
  } as unknown as MachineClient;
  const screen = { text: '', undrawn: [] as (() => void)[], isSlow: false };
  const viewer = {
    write: (bytes: Uint8Array, drawn: () => void) => {
      screen.text += new TextDecoder().decode(bytes);
      if (screen.isSlow) screen.undrawn.push(drawn);
      else drawn();
    },
  };
  const refuse = (why: Error | null): void => void (refusal = why);
  return { client, shells, viewer, screen, refuse };
}
/** Until everything that was begun has come to rest. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('a terminal with a shell of its own', () => {
  it('begins at once when it is new, as the consoles do, with a terminal of its size', async () => {
    const { client, shells, viewer, screen } = setUp();
    const line = await new ShellSource(WORDS).connect(client, viewer, SIZE);
    await settled();
    expect(shells[0]?.request).toMatchObject({ argv: ['/usr/lib/terrarium/login'], hasStdin: true, terminal: SIZE });
    shells[0]?.print('# ');
    line.input(new TextEncoder().encode('ls'));
    line.resize({ columns: 100, rows: 30 });
    await settled();
    expect(screen.text).toBe('# ');
    expect(new TextDecoder().decode(Uint8Array.from(shells[0]?.input ?? []))).toBe('ls');
    expect(shells[0]?.sizes.at(-1)).toBe('100x30');
  });

  it('takes what is typed before it runs', async () => {
    const { client, shells, viewer } = setUp();
    const line = await new ShellSource(WORDS).connect(client, viewer, SIZE);
    line.input(new TextEncoder().encode('l'));
    line.input(new TextEncoder().encode('s'));
    await settled();
    expect(new TextDecoder().decode(Uint8Array.from(shells[0]?.input ?? []))).toBe('ls');
  });

  it('says how its shell ended, and Enter begins another', async () => {
    const { client, shells, viewer, screen } = setUp();
    const line = await new ShellSource(WORDS).connect(client, viewer, SIZE);
    await settled();
    shells[0]?.end({ kind: 'exited', code: 3 });
    await settled();
    expect(screen.text).toContain('exited 3. press enter');
    line.input(new TextEncoder().encode('x'));
    await settled();
    expect(shells.length).toBe(1);
    line.input(ENTER);
    await settled();
    expect(shells.length).toBe(2);
    shells[1]?.end({ kind: 'signalled', signal: 9 });
    await settled();
    expect(screen.text).toContain('killed. press enter');
  });

  it('waits for Enter in the next machine, and keeps what it showed', async () => {
    const { client, shells, viewer, screen } = setUp();
    const source = new ShellSource(WORDS);
    await source.connect(client, viewer, SIZE);
    await settled();
    const line = await source.connect(client, viewer, SIZE);
    expect(screen.text).toContain('machine ended. press enter');
    expect(shells.length).toBe(1);
    line.input(ENTER);
    await settled();
    expect(shells.length).toBe(2);
    expect(source.hasHistory).toBe(false);
  });

  it('says why it cannot begin', async () => {
    const { client, shells, viewer, screen, refuse } = setUp();
    refuse(new FailureError('guest-unresponsive', 'The agent does not answer.'));
    const line = await new ShellSource(WORDS).connect(client, viewer, SIZE);
    await settled();
    expect(screen.text).toContain('not started: The agent does not answer. press enter');
    refuse(null);
    line.input(ENTER);
    await settled();
    expect(shells.length).toBe(1);
  });

  it('reads no further while nothing is drawn', async () => {
    const { client, shells, viewer, screen } = setUp();
    screen.isSlow = true;
    await new ShellSource(WORDS).connect(client, viewer, SIZE);
    await settled();
    shells[0]?.print('one ');
    shells[0]?.print('two ');
    await settled();
    expect(screen.text).toBe('one ');
    screen.undrawn.shift()?.();
    await settled();
    expect(screen.text).toBe('one two ');
  });

  it('kills its shell when it is closed, and says nothing more', async () => {
    const { client, shells, viewer, screen } = setUp();
    const line = await new ShellSource(WORDS).connect(client, viewer, SIZE);
    await settled();
    line.close();
    shells[0]?.end({ kind: 'cancelled' });
    await settled();
    expect(shells[0]?.signals).toEqual([9]);
    expect(screen.text).toBe('');
  });
});
