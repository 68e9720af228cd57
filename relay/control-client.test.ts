import { beforeEach, expect, it } from 'vitest';
import { DEFAULT_NETWORK } from '../src/shared/model/network.ts';
import { RelayClient, type RelayProcess } from './control-client.ts';
import type { RelayOrder } from './control.ts';

let orders: RelayOrder[];
let say: (message: unknown) => void;
let warnings: string[];
let client: RelayClient<string>;

beforeEach(() => {
  orders = [];
  warnings = [];
  const process: RelayProcess<string> = {
    post: (order) => orders.push(order),
    onMessage: (listener) => (say = listener),
  };
  client = new RelayClient(
    process,
    { ready: () => undefined, log: ({ message }) => warnings.push(message), linkEnded: () => undefined },
    30,
  );
});

it('matches answers to their questions, in any order', async () => {
  const first = client.configure(1, DEFAULT_NETWORK);
  const second = client.detach(1);
  const [configure, detach] = orders;
  say({ t: 'failed', request: detach?.request, error: { code: 'not-found', message: 'No such VM.' } });
  say({ t: 'done', request: configure?.request });
  expect(await second).toEqual({ ok: false, error: { code: 'not-found', message: 'No such VM.' } });
  expect(await first).toEqual({ ok: true, value: undefined });
});

it('gives up on a relay that does not answer', async () => {
  expect(await client.view(1)).toMatchObject({ ok: false, error: { code: 'io' } });
});

it('takes nothing from a relay that makes no sense', async () => {
  const view = client.view(1);
  say({ t: 'done', request: orders[0]?.request, view: { address: 7 } });
  say({ t: 'something else' });
  say(null);
  expect(warnings).toHaveLength(3);
  expect((await view).ok).toBe(false);
});

it('ignores an answer to nothing', () => {
  say({ t: 'done', request: 99 });
  expect(warnings).toEqual([]);
});
