import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Direction } from './protocol.ts';

/** v86 and V8 compile what the transfers make hot for about so many of them. */
const WARM_UPS = 4;
const TIMEOUT_MS = 120_000;
const block = new Uint8Array(1024 * 1024);

/** A real guest at its prompt, online, from which 10.0.2.2 is this computer. */
export interface GuestMachine {
  /** Types a line at the prompt. */
  type(line: string): Promise<void>;
  usage(): Promise<GuestUsage>;
}

/** CPU time so far: null where the system does not tell. */
export interface GuestUsage {
  readonly relayCpuMs: number | null;
  readonly emulatorCpuMs: number | null;
}

export interface GuestRun {
  readonly mibPerS: number;
  /** Of a core, while it ran. */
  readonly relayCpuPercent: number | null;
  readonly emulatorCpuPercent: number | null;
}

export type GuestRuns = Readonly<Record<Direction, readonly GuestRun[]>>;

interface TransferOptions {
  readonly runs: number;
  /** Of each. */
  readonly transferMib: number;
  /** What the figures' names end in. */
  readonly place: string;
}

/**
 * Down and up in turn, after some that are not counted. In the guest it is `dd` straight on a socket, since what copies
 * there in small pieces measures itself; the far end is this process.
 */
export async function transferRuns(machine: GuestMachine, options: TransferOptions): Promise<GuestRuns> {
  const { runs, transferMib, place } = options;
  const measured: Record<Direction, GuestRun[]> = { down: [], up: [] };
  for (let run = 1 - WARM_UPS; run <= runs; run += 1) {
    for (const direction of ['down', 'up'] as const) {
      const result = await transfer(machine, direction, transferMib);
      const share = result.relayCpuPercent === null ? '' : `, relay ${result.relayCpuPercent.toFixed(0)} % of a core`;
      const counted = run <= 0 ? 'not counted' : `run ${run}`;
      process.stderr.write(`guest-${direction}${place}, ${counted}: ${result.mibPerS.toFixed(1)} MiB/s${share}\n`);
      if (run > 0) measured[direction].push(result);
    }
  }
  return measured;
}

async function transfer(machine: GuestMachine, direction: Direction, transferMib: number): Promise<GuestRun> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const connected = once(server, 'connection', { signal }) as Promise<[Socket]>;
    const dd = direction === 'down' ? 'of=/dev/null bs=1M' : `if=/dev/zero bs=1M count=${transferMib}`;
    await machine.type(`nc 10.0.2.2 ${port} -e dd ${dd}`);
    const [socket] = await connected;
    const before = await machine.usage();
    const began = performance.now();
    if (direction === 'down') send(socket, transferMib);
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.byteLength;
    });
    // The guest has taken, or sent, everything: `dd` ends, and its socket with it.
    await once(socket, 'end', { signal });
    const seconds = (performance.now() - began) / 1000;
    const after = await machine.usage();
    socket.end();
    if (direction === 'up' && received !== transferMib * 2 ** 20) throw new Error(`${received} bytes arrived.`);
    return {
      mibPerS: transferMib / seconds,
      relayCpuPercent: percent(before.relayCpuMs, after.relayCpuMs, seconds),
      emulatorCpuPercent: percent(before.emulatorCpuMs, after.emulatorCpuMs, seconds),
    };
  } finally {
    server.close();
  }
}

function percent(beforeMs: number | null, afterMs: number | null, seconds: number): number | null {
  return beforeMs === null || afterMs === null ? null : (afterMs - beforeMs) / 10 / seconds;
}

function send(socket: Socket, transferMib: number): void {
  let sentMib = 0;
  const pump = (): void => {
    while (sentMib < transferMib) {
      sentMib += 1;
      if (!socket.write(block)) break;
    }
    if (sentMib === transferMib) socket.end();
  };
  socket.on('drain', pump);
  pump();
}
