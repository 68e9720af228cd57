import { ByteCollector } from './byte-collector.ts';
import type { MachineClient } from './client.ts';
import type { ExecOptions, ExecProcess, ExecRequest, ExecResult } from './guest-api.ts';

/** What a command in a guest did. */
export interface Ran {
  readonly result: ExecResult;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface RunOptions extends ExecOptions, Omit<ExecRequest, 'argv' | 'hasStdin'> {
  readonly input?: Uint8Array;
}

export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const all = new ByteCollector();
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) all.push(next.value);
  return all.take();
}

async function feed(process: ExecProcess, input: Uint8Array): Promise<void> {
  const writer = process.stdin.getWriter();
  await writer.write(input);
  await writer.close();
}

/** Runs a program in a guest and takes all it prints. */
export async function runArgv(client: MachineClient, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, timeoutMs, signal, ...request } = options;
  const process = await client.exec(
    { argv, hasStdin: input !== undefined, ...request },
    { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) },
  );
  const [stdout, stderr, result] = await Promise.all([
    collect(process.stdout),
    collect(process.stderr),
    process.result,
    input && feed(process, input),
  ]);
  return { result, stdout, stderr };
}

/** Runs a shell command. @returns what it printed, without the last line's end; its complaint when it failed */
export async function sh(client: MachineClient, script: string, options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, result } = await runArgv(client, ['/bin/sh', '-c', script], options);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\n$/, '');
  if (result.kind === 'exited' && result.code === 0) return text(stdout);
  throw new Error(`“${script}” ended with ${JSON.stringify(result)}: ${text(stderr)}`);
}
