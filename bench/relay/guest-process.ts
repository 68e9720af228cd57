/** The process in which the guests of the relay's benchmark run. */
import type { Dialler } from './byte-stream.ts';
import { FakeGuest } from './fake-guest.ts';
import { connects, echo, flood, transfer } from './guest-jobs.ts';
import { PlainClient } from './plain-client.ts';
import type { GuestJobs, Way } from './protocol.ts';
import { serveJobs } from './serve-jobs.ts';

let gathered: Dialler[] = [];

function dial(way: Way): Promise<Dialler> {
  return way.kind === 'relay'
    ? FakeGuest.connect(way.url, way.maxFrameBytes)
    : PlainClient.connect(way.url, way.messageBytes);
}

async function using<T>(diallers: Dialler[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    for (const dialler of diallers) dialler.close();
  }
}

serveJobs<GuestJobs>({
  transfer: async ({ way, direction, port, byteCount }) => {
    const dialler = await dial(way);
    return using([dialler], () => transfer(dialler, direction, port, byteCount));
  },
  echo: async ({ way, port, rounds }) => {
    const dialler = await dial(way);
    return using([dialler], () => echo(dialler, port, rounds));
  },
  connects: async ({ way, port, count, parallel }) => {
    if (way.kind === 'relay') {
      // One guest opens as many connections as it likes.
      const guest = await dial(way);
      return using([guest], () => connects(new Array<Dialler>(parallel).fill(guest), port, count));
    }
    const diallers = await Promise.all(Array.from({ length: parallel }, () => dial(way)));
    return using(diallers, () => connects(diallers, port, count));
  },
  gather: async ({ ways }) => {
    gathered = await Promise.all(ways.map(dial));
    return null;
  },
  flood: ({ direction, port, forMs }) => flood(gathered, direction, port, forMs),
  leave: () => {
    for (const guest of gathered) guest.close();
    gathered = [];
    return null;
  },
});
