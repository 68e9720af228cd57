import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from './event-log.fixture.ts';
import { pingCommand, pingReply } from './ping-command.ts';
import { Pinger } from './pinger.ts';

let folder: string;
let log: EventLog;
let warnings: string[];
let pinger: Pinger;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-ping-'));
  log = new EventLog();
  warnings = [];
  pinger = newPinger(16);
});

afterEach(async () => {
  pinger.close();
  await rm(folder, { recursive: true });
});

function newPinger(programsMax: number): Pinger {
  const warn = (message: string): void => void warnings.push(message);
  return new Pinger(log.report, warn, { platform: 'linux', programsMax, path: `${folder}:/usr/bin:/bin` });
}

/** Puts a program where the pinger looks for its own: this machine may have none, or no way out. */
async function givePing(script: string): Promise<void> {
  const file = path.join(folder, 'ping');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

it('reports the echo, and passes size, time limit and address as plain arguments', async () => {
  await givePing(`echo "$*" > "${folder}/args"; exit 0`);
  pinger.ping(5, '192.0.2.1', 56, 1500);
  expect(await log.next('pong')).toEqual({ kind: 'pong', socket: 5, reply: 'echo' });
  expect(await readFile(path.join(folder, 'args'), 'utf8')).toBe('-4 -n -c 1 -W 2 -s 56 192.0.2.1\n');
  expect(pinger.count).toBe(0);
});

it('tells “nobody answered” from “no way there”', async () => {
  await givePing('exit 1');
  pinger.ping(1, '192.0.2.1', 56, 100);
  expect((await log.next('pong')).reply).toBe('timed-out');
  log.events.length = 0;
  await givePing('echo "From 192.0.2.254 icmp_seq=1 Destination Host Unreachable"; exit 1');
  pinger.ping(2, '192.0.2.1', 56, 100);
  expect((await log.next('pong')).reply).toBe('unreachable');
});

it('ends a program that does not end', async () => {
  await givePing('exec sleep 60');
  pinger.ping(1, '192.0.2.1', 56, 1);
  expect((await log.next('pong')).reply).toBe('timed-out');
});

it('runs no more programs than its bound', async () => {
  await givePing('exec sleep 60');
  pinger = newPinger(1);
  pinger.ping(1, '192.0.2.1', 56, 60_000);
  pinger.ping(2, '192.0.2.1', 56, 60_000);
  expect(log.events).toEqual([{ kind: 'pong', socket: 2, reply: 'timed-out' }]);
});

it('says once that there is no such program', async () => {
  pinger = new Pinger(log.report, (message) => warnings.push(message), { platform: 'linux', path: folder });
  pinger.ping(1, '192.0.2.1', 56, 1000);
  await log.next('pong');
  pinger.ping(2, '192.0.2.1', 56, 1000);
  expect(log.all('pong').map(({ reply }) => reply)).toEqual(['unreachable', 'unreachable']);
  expect(warnings).toHaveLength(1);
});

it('starts nothing for what is no address', () => {
  pinger.ping(1, '-f', 56, 1000);
  pinger.ping(2, 'example.org', 56, 1000);
  expect(log.all('pong').map(({ reply }) => reply)).toEqual(['unreachable', 'unreachable']);
  expect(pinger.count).toBe(0);
});

describe('on each system', () => {
  it('asks the program of its family with bounded numbers', () => {
    expect(pingCommand('linux', '2001:db8::1', 1e9, 999).args).toEqual(
      '-6 -n -c 1 -W 1 -s 65000 2001:db8::1'.split(' '),
    );
    expect(pingCommand('darwin', '2001:db8::1', 8, 500)).toEqual({
      program: 'ping6',
      args: '-n -c 1 -s 8 2001:db8::1'.split(' '),
    });
    expect(pingCommand('darwin', '192.0.2.1', 8, 500).args).toEqual('-n -c 1 -W 500 -s 8 192.0.2.1'.split(' '));
    expect(pingCommand('win32', '192.0.2.1', 8, 500).args).toEqual('-4 -n 1 -w 500 -l 8 192.0.2.1'.split(' '));
  });

  it('reads what came of it', () => {
    expect(pingReply('linux', 2, 'ping: connect: Network is unreachable')).toBe('unreachable');
    expect(pingReply('linux', null, '')).toBe('timed-out');
    expect(pingReply('darwin', 2, '100.0% packet loss')).toBe('timed-out');
    expect(pingReply('darwin', 68, 'sendto: something')).toBe('unreachable');
    expect(pingReply('win32', 0, 'Reply from 192.0.2.254: Destination host unreachable.')).toBe('unreachable');
    expect(pingReply('win32', 0, 'Reply from 192.0.2.1: bytes=32 time=1ms TTL=60')).toBe('echo');
  });
});
