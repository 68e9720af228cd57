import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from './frame-guest.fixture.ts';
import { relayArguments } from './main-arguments.ts';
import { numberedPath } from './main-run.ts';

let folder: string;
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-relay-'));
  script = path.join(folder, 'main.mjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'main.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Its CommonJS asks for Node's modules by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output };
}

async function policy(content: string): Promise<string> {
  const file = path.join(folder, 'policy.json');
  await writeFile(file, content);
  return file;
}

async function complaint(...args: string[]): Promise<string> {
  const result = await relayArguments(args);
  return result.ok ? 'accepted' : result.error.message;
}

it('prints addresses with tokens, lets VMs in, captures them and stops cleanly', async () => {
  const pcap = path.join(folder, 'trace.pcapng');
  const { child, output } = run('--token', 'first-secret', '--token', 'second-secret', '--pcap', pcap);
  await until(() => output.stdout.split('\n').length === 3);
  const urls = output.stdout.trim().split('\n');
  expect(urls[0]).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/\?token=first-secret$/);
  const clients = urls.map((url) => new WebSocket(url));
  await Promise.all(clients.map((client) => once(client, 'open')));
  await until(() => output.stderr.includes('vm-2: connected'));
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
  for (const file of [pcap, path.join(folder, 'trace-2.pcapng')]) {
    expect((await readFile(file)).readUInt32LE(0)).toBe(0x0a0d0d0a);
  }
});

it('prints one JSON object, with a random token when none was given', async () => {
  const { child, output } = run('--json');
  await until(() => output.stdout.endsWith('\n'));
  const said = JSON.parse(output.stdout) as { relay: string; port: number; urls: string[] };
  expect(said.relay).toBe('ready');
  expect(said.urls).toEqual([expect.stringMatching(new RegExp(`^ws://127.0.0.1:${said.port}/\\?token=[0-9a-f]{32}$`))]);
  child.kill('SIGINT');
  expect(((await once(child, 'exit')) as [number])[0]).toBe(0);
});

it('says that a port is taken, and ends', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { child, output } = run('--port', String(port));
  const [code] = (await once(child, 'close')) as [number];
  other.close();
  expect(code).toBe(1);
  expect(output.stderr).toBe(
    `TCP port ${port} of 127.0.0.1 is in use by another program. Choose another port, or end that program.\n`,
  );
});

describe('says what is wrong with', () => {
  it('an option', async () => {
    expect(await complaint('--nonsense')).toContain('--nonsense');
    expect(await complaint('--port', '70000')).toContain('“70000” is not a port');
    expect(await complaint('--port', '')).toContain('is not a port');
    expect(await complaint('--host', 'localhost')).toContain('“localhost” is not an IP address');
    expect(await complaint('--token', 'short')).toContain('at least 8 characters');
    expect(await complaint('--token', 'the-same-one', '--token', 'the-same-one')).toContain('given twice');
  });

  it('a policy file, by its place in it', async () => {
    const missing = path.join(folder, 'none.json');
    expect(await complaint('--policy', missing)).toContain('cannot be read');
    expect(await complaint('--policy', await policy('{'))).toContain('is not JSON');
    expect(await complaint('--policy', await policy('[]'))).toContain('holds no JSON object');
    expect(await complaint('--policy', await policy('{"rule":[]}'))).toContain('“rule”, which does not exist');
    const ports = '{"rules":[{"action":"allow"},{"action":"deny","ports":[0]}]}';
    expect(await complaint('--policy', await policy(ports))).toContain('“rules.1.ports.0” is wrong');
    expect(await complaint('--policy', await policy('{"profile":"everything"}'))).toContain('“profile” is wrong');
    const cidr = '{"rules":[{"action":"allow","cidr":"10.0.0.0/99"}]}';
    expect(await complaint('--policy', await policy(cidr))).toContain('10.0.0.0/99');
  });
});

it('takes a policy file, with defaults for what it leaves out', async () => {
  const result = await relayArguments(['--policy', await policy('{"profile":"offline"}'), '--port', '8123']);
  expect(result).toMatchObject({
    ok: true,
    value: { port: 8123, host: '127.0.0.1', settings: { profile: 'offline', rules: [], lan: null } },
  });
});

it('gives every connection a capture of its own', () => {
  expect(numberedPath('/a/trace.pcapng', 1)).toBe('/a/trace.pcapng');
  expect(numberedPath('/a/trace.pcapng', 3)).toBe('/a/trace-3.pcapng');
  expect(numberedPath('trace', 2)).toBe('trace-2');
});
