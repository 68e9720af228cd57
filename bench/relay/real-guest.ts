import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tinyImage } from '../bench-images.ts';
import type { Measurement } from '../figure.ts';
import { machineParts } from '../../scripts/test-home.ts';
import { BenchProcess } from './bench-process.ts';
import type { Direction, MachineJobs } from './protocol.ts';

const TRANSFER_MIB = 128;
/** v86 and V8 compile what the transfers make hot for about so many of them. */
const WARM_UPS = 4;
const TIMEOUT_MS = 120_000;
const block = new Uint8Array(1024 * 1024);

/** 528 and 360 Mbit/s: the best anyone has reported of a guest in v86. Theirs, on another machine. */
const PUBLISHED_MIB_PER_S = { down: 62.9, up: 42.9 } as const;
const BASELINE = 'the best published for v86, not measured here';

interface GuestRun {
  readonly mibPerS: number;
  /** Of a core, while it ran: the relay's thread, and everything else in the process, which is the emulator. */
  readonly relayCpuPercent: number | null;
  readonly guestCpuPercent: number | null;
}

/**
 * A real guest, headless: `dd` straight on a socket, since what copies in the guest in small pieces measures itself.
 * Its relay runs as a thread of the same process; the far end is this process.
 */
export async function measureRealGuest(runs: number): Promise<Measurement[]> {
  const { home, manifest } = await tinyImage();
  const machine = await BenchProcess.start<MachineJobs>('machine-process.ts', ['relay-thread.ts']);
  try {
    await machine.run('start', { parts: await machineParts(), home, imageId: manifest.id });
    const measured: Record<Direction, GuestRun[]> = { down: [], up: [] };
    for (let run = 1 - WARM_UPS; run <= runs; run += 1) {
      for (const direction of ['down', 'up'] as const) {
        const result = await transfer(machine, direction);
        const share = result.relayCpuPercent === null ? '' : `, relay ${result.relayCpuPercent.toFixed(0)} % of a core`;
        const counted = run <= 0 ? 'not counted' : `run ${run}`;
        process.stderr.write(`guest-${direction}, ${counted}: ${result.mibPerS.toFixed(1)} MiB/s${share}\n`);
        if (run > 0) measured[direction].push(result);
      }
    }
    return (['down', 'up'] as const).flatMap((direction) => figures(direction, measured[direction]));
  } finally {
    await machine.stop();
  }
}

function figures(direction: Direction, runs: readonly GuestRun[]): Measurement[] {
  const share = (name: string, values: readonly (number | null)[]): Measurement[] => {
    const ours = values.filter((value) => value !== null);
    if (ours.length === 0) return [];
    const figure = { name: `guest-${direction}-${name}`, unit: '% of a core', ours };
    return [{ ...figure, baseline: null, baselineIs: null, goal: null }];
  };
  return [
    {
      name: `guest-${direction}`,
      unit: 'MiB/s',
      ours: runs.map(({ mibPerS }) => mibPerS),
      baseline: [PUBLISHED_MIB_PER_S[direction]],
      baselineIs: BASELINE,
      goal: null,
    },
    ...share(
      'relay-cpu',
      runs.map(({ relayCpuPercent }) => relayCpuPercent),
    ),
    ...share(
      'emulator-cpu',
      runs.map(({ guestCpuPercent }) => guestCpuPercent),
    ),
  ];
}

async function transfer(machine: BenchProcess<MachineJobs>, direction: Direction): Promise<GuestRun> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const connected = once(server, 'connection', { signal }) as Promise<[Socket]>;
    const dd = direction === 'down' ? 'of=/dev/null bs=1M' : `if=/dev/zero bs=1M count=${TRANSFER_MIB}`;
    await machine.run('type', { line: `nc 10.0.2.2 ${port} -e dd ${dd}` });
    const [socket] = await connected;
    const before = await machine.run('usage', {});
    const began = performance.now();
    if (direction === 'down') send(socket);
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.byteLength;
    });
    // The guest has taken, or sent, everything: `dd` ends, and its socket with it.
    await once(socket, 'end', { signal });
    const seconds = (performance.now() - began) / 1000;
    const after = await machine.run('usage', {});
    socket.end();
    if (direction === 'up' && received !== TRANSFER_MIB * 2 ** 20) throw new Error(`${received} bytes arrived.`);
    const relayMs =
      after.relayCpuMs === null || before.relayCpuMs === null ? null : after.relayCpuMs - before.relayCpuMs;
    return {
      mibPerS: TRANSFER_MIB / seconds,
      relayCpuPercent: relayMs === null ? null : relayMs / 10 / seconds,
      guestCpuPercent: relayMs === null ? null : (after.cpuMs - before.cpuMs - relayMs) / 10 / seconds,
    };
  } finally {
    server.close();
  }
}

function send(socket: Socket): void {
  let sentMib = 0;
  const pump = (): void => {
    while (sentMib < TRANSFER_MIB) {
      sentMib += 1;
      if (!socket.write(block)) break;
    }
    if (sentMib === TRANSFER_MIB) socket.end();
  };
  socket.on('drain', pump);
  pump();
}
