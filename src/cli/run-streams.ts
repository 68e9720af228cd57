import { feedInput } from '../headless/feed-input.ts';
import type { ExecProcess } from '../machine/guest-api.ts';

const SIGKILL = 9;

/** Connects a command with the streams of this process until it has ended and all it printed is written. */
export async function connectStreams(command: ExecProcess, hasTerminal: boolean): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const onResize = (): void => command.resize(stdout.columns, stdout.rows);
  const isRaw = hasTerminal && stdin.isTTY;
  if (isRaw) stdin.setRawMode(true);
  if (hasTerminal) stdout.on('resize', onResize);
  try {
    const feeding = takesInput(hasTerminal) ? feedInput(command, stdin) : Promise.resolve();
    // A command that waits for the rest of a broken input would wait for ever.
    feeding.catch(() => command.kill(SIGKILL));
    await Promise.all([write(command.stdout, stdout), write(command.stderr, stderr), command.result]);
    await feeding;
  } finally {
    if (isRaw) stdin.setRawMode(false);
    stdout.off('resize', onResize);
  }
}

/** What is typed at a terminal belongs to a command that has one; what is piped in, to every command. */
export function takesInput(hasTerminal: boolean): boolean {
  return hasTerminal || !process.stdin.isTTY;
}

/** Byte for byte, no faster than they are taken. */
async function write(from: ReadableStream<Uint8Array>, to: NodeJS.WritableStream): Promise<void> {
  const reader = from.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    // A reader that has gone away ends the command by a signal (broken-pipe.ts); until then nothing is to pile up.
    await new Promise<void>((resolve) => to.write(value, () => resolve()));
  }
}
