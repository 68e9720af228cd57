import { setTimeout as delay } from 'node:timers/promises';
import { ETHERNET_FRAME_BYTES, SUPER_FRAME_BYTES } from '../src/shared/link/frame-link.ts';
import type { Measurement } from './figure.ts';
import { median } from './figure.ts';
import { interleave } from './interleave.ts';
import { BenchProcess } from './relay/bench-process.ts';
import { Endpoint } from './relay/endpoint.ts';
import { jainIndex } from './relay/jain.ts';
import { measureRealGuest } from './relay/real-guest.ts';
import type { Direction, GuestJobs, ServerJobs, Way } from './relay/protocol.ts';

const RUNS = 5;
const SUPER_TRANSFER_BYTES = 512 * 1024 * 1024;
/** Forty times as many frames a byte. */
const PLAIN_TRANSFER_BYTES = 128 * 1024 * 1024;
const ECHO_ROUNDS = 3000;
const CONNECTS = 1000;
const PARALLEL = 32;
const GUESTS = 64;
const FLOOD_MS = 5000;

/** What one frame carries, so that both ways have messages of the same size. */
const FRAMES = {
  super: { maxFrameBytes: SUPER_FRAME_BYTES, messageBytes: 64_240, suffix: '' },
  ethernet: { maxFrameBytes: ETHERNET_FRAME_BYTES, messageBytes: 1460, suffix: '-1514' },
} as const;
type FrameKind = keyof typeof FRAMES;

const BASELINE =
  'the same bytes through a server that copies WebSocket messages of that size to a TCP socket and back, same processes';
/** What the relay must reach: the lesser of a share of the baseline and a rate. */
const GOAL_SHARE = 0.4;
const GOAL_MIB_PER_S = 150;

interface Bench {
  readonly guests: BenchProcess<GuestJobs>;
  readonly server: BenchProcess<ServerJobs>;
  readonly endpoint: Endpoint;
  way(kind: 'relay' | 'plain', frames: FrameKind): Way;
}

/** What the relay can do by itself, then what a real guest gets out of it. */
export async function benchRelay(runs: number | null): Promise<Measurement[]> {
  const count = runs ?? RUNS;
  return [...(await measureFakeGuests(count)), ...(await measureRealGuest(count))];
}

/**
 * The relay with guests that have no machine: their TCP is our own, in a process of its own, over WebSocket; the far
 * ends are sockets of this process. Everything is done over the baseline too, in turn.
 */
async function measureFakeGuests(count: number): Promise<Measurement[]> {
  const guests = await BenchProcess.start<GuestJobs>('guest-process.ts');
  const server = await BenchProcess.start<ServerJobs>('server-process.ts');
  const endpoint = await Endpoint.listen();
  try {
    const { plainUrl } = await server.run('serve', {});
    const [relayUrl = ''] = (await server.run('seats', { count: 1 })).urls;
    const bench: Bench = {
      guests,
      server,
      endpoint,
      way: (kind, frames) => wayOf(kind, kind === 'relay' ? relayUrl : plainUrl, frames),
    };
    return [
      ...(await measureTransfer(bench, count, 'up', 'super')),
      ...(await measureTransfer(bench, count, 'down', 'super')),
      ...(await measureTransfer(bench, count, 'up', 'ethernet')),
      ...(await measureTransfer(bench, count, 'down', 'ethernet')),
      ...(await measureEcho(bench, count)),
      ...(await measureConnects(bench, count)),
      ...(await measureMany(bench)),
    ];
  } finally {
    await guests.stop();
    await server.stop();
    await endpoint.close();
  }
}

async function measureTransfer(
  { guests, server, endpoint, way }: Bench,
  runs: number,
  direction: Direction,
  frames: FrameKind,
): Promise<Measurement[]> {
  const name = `ws-ceiling-${direction}${FRAMES[frames].suffix}`;
  const byteCount = frames === 'super' ? SUPER_TRANSFER_BYTES : PLAIN_TRANSFER_BYTES;
  const port = direction === 'up' ? endpoint.ports.sink : endpoint.ports.source;
  const transfer = (kind: 'relay' | 'plain') => async () => {
    const before = await server.run('usage', {});
    const { mibPerS } = await guests.run('transfer', { way: way(kind, frames), direction, port, byteCount });
    const after = await server.run('usage', {});
    return { mibPerS, cpuMsPerMib: (after.cpuMs - before.cpuMs) / (byteCount / 2 ** 20) };
  };
  const { ours, baseline } = await interleave(runs, transfer('relay'), transfer('plain'), (run, a, b) => {
    say(name, run, `${a.mibPerS.toFixed(0)} MiB/s, plain ${b.mibPerS.toFixed(0)} MiB/s`);
  });
  const rates = baseline.map(({ mibPerS }) => mibPerS);
  const goalRatio = Math.min(GOAL_SHARE, GOAL_MIB_PER_S / median(rates));
  return [
    {
      name,
      unit: 'MiB/s',
      ours: ours.map(({ mibPerS }) => mibPerS),
      baseline: rates,
      baselineIs: `${BASELINE}; the goal is ${GOAL_SHARE} of it or ${GOAL_MIB_PER_S} MiB/s, whichever is less`,
      goal: frames === 'super' ? `>=${goalRatio.toFixed(4)}` : null,
    },
    {
      name: `${name}-server-cpu`,
      unit: 'ms/MiB',
      ours: ours.map(({ cpuMsPerMib }) => cpuMsPerMib),
      baseline: baseline.map(({ cpuMsPerMib }) => cpuMsPerMib),
      baselineIs: BASELINE,
      goal: null,
    },
  ];
}

async function measureEcho({ guests, endpoint, way }: Bench, runs: number): Promise<Measurement[]> {
  const echo = (kind: 'relay' | 'plain') => () =>
    guests.run('echo', { way: way(kind, 'super'), port: endpoint.ports.echo, rounds: ECHO_ROUNDS });
  const { ours, baseline } = await interleave(runs, echo('relay'), echo('plain'), (run, a, b) => {
    say('round-trip', run, `${a.p50Ms.toFixed(3)} ms, plain ${b.p50Ms.toFixed(3)} ms`);
  });
  const micros = (ms: number): number => ms * 1000;
  const shared = { unit: 'µs', baselineIs: `one byte there and back: ${BASELINE}`, goal: null };
  return [
    {
      ...shared,
      name: 'round-trip-p50',
      ours: ours.map(({ p50Ms }) => micros(p50Ms)),
      baseline: baseline.map(({ p50Ms }) => micros(p50Ms)),
    },
    {
      ...shared,
      name: 'round-trip-p99',
      ours: ours.map(({ p99Ms }) => micros(p99Ms)),
      baseline: baseline.map(({ p99Ms }) => micros(p99Ms)),
    },
  ];
}

async function measureConnects({ guests, endpoint, way }: Bench, runs: number): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const parallel of [1, PARALLEL]) {
    const connects = (kind: 'relay' | 'plain') => () =>
      guests.run('connects', {
        way: way(kind, 'super'),
        port: endpoint.ports.discard,
        count: CONNECTS,
        parallel,
      });
    const { ours, baseline } = await interleave(runs, connects('relay'), connects('plain'), (run, a, b) => {
      say(`connects, ${parallel} at a time`, run, `${a.perS.toFixed(0)}/s, plain ${b.perS.toFixed(0)}/s`);
    });
    measurements.push({
      name: parallel === 1 ? 'connects' : `connects-${parallel}-at-a-time`,
      unit: '/s',
      ours: ours.map(({ perS }) => perS),
      baseline: baseline.map(({ perS }) => perS),
      baselineIs: 'opened and closed by word over WebSockets that are open already, same processes',
      goal: null,
    });
  }
  return measurements;
}

interface Crowd {
  readonly idleMib: number;
  readonly down: CrowdRun;
  readonly up: CrowdRun;
}

interface CrowdRun {
  readonly mibPerS: number;
  readonly fairness: number;
  readonly memoryMib: number;
}

/** Once each: the shares of so many guests are a statistic by themselves. */
async function measureMany({ guests, endpoint }: Bench): Promise<Measurement[]> {
  const ours = await measureCrowd('relay', guests, endpoint);
  const baseline = await measureCrowd('plain', guests, endpoint);
  const figure = (name: string, unit: string, value: (crowd: Crowd) => number): Measurement => ({
    name: `guests-${GUESTS}-${name}`,
    unit,
    ours: [value(ours)],
    baseline: [value(baseline)],
    baselineIs: BASELINE,
    goal: null,
  });
  return [
    figure('memory-idle', 'KiB a guest', ({ idleMib }) => idleMib * 1024),
    ...(['down', 'up'] as const).flatMap((direction) => [
      figure(direction, 'MiB/s', (crowd) => crowd[direction].mibPerS),
      figure(`${direction}-fairness`, '% (Jain)', (crowd) => crowd[direction].fairness * 100),
      figure(`${direction}-memory`, 'KiB a guest', (crowd) => crowd[direction].memoryMib * 1024),
    ]),
  ];
}

/** With a server of their own, whose memory nothing else has used. */
async function measureCrowd(
  kind: 'relay' | 'plain',
  guests: BenchProcess<GuestJobs>,
  endpoint: Endpoint,
): Promise<Crowd> {
  const server = await BenchProcess.start<ServerJobs>('server-process.ts');
  try {
    const { plainUrl } = await server.run('serve', {});
    const { urls } = await server.run('seats', { count: GUESTS });
    const ways = urls.map((url) => wayOf(kind, kind === 'relay' ? url : plainUrl, 'super'));
    const before = await server.run('usage', {});
    await guests.run('gather', { ways });
    const idle = await server.run('usage', {});
    const run = async (direction: Direction): Promise<CrowdRun> => {
      const port = direction === 'up' ? endpoint.ports.discard : endpoint.ports.chargen;
      const flooding = guests.run('flood', { direction, port, forMs: FLOOD_MS });
      // While all of them are at it.
      await delay(FLOOD_MS);
      const busy = await server.run('usage', {});
      const { byteCounts, seconds } = await flooding;
      const mibPerS = byteCounts.reduce((sum, byteCount) => sum + byteCount, 0) / 2 ** 20 / seconds;
      const fairness = jainIndex(byteCounts);
      const text = `${direction} ${mibPerS.toFixed(0)} MiB/s, fairness ${fairness.toFixed(3)}`;
      process.stderr.write(`${GUESTS} guests, ${kind}: ${text}\n`);
      return { mibPerS, fairness, memoryMib: (busy.rssMib - before.rssMib) / GUESTS };
    };
    const down = await run('down');
    const up = await run('up');
    await guests.run('leave', {});
    return { idleMib: (idle.rssMib - before.rssMib) / GUESTS, down, up };
  } finally {
    await server.stop();
  }
}

function wayOf(kind: 'relay' | 'plain', url: string, frames: FrameKind): Way {
  const { maxFrameBytes, messageBytes } = FRAMES[frames];
  return kind === 'relay' ? { kind, url, maxFrameBytes } : { kind, url, messageBytes };
}

function say(name: string, run: number, text: string): void {
  process.stderr.write(`${name}, ${run === 0 ? 'not counted' : `run ${run}`}: ${text}\n`);
}
