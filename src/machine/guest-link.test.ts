import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CALL, callBody } from './agent/request-body.ts';
import { FakeAgent } from './agent/fake-agent.fixture.ts';
import { GuestLink } from './guest-link.ts';

const MAC = [2, 0, 0, 0, 0, 1];

function linked(): { link: GuestLink; agent: FakeAgent; told: unknown[] } {
  const told: unknown[] = [];
  const agent: FakeAgent = new FakeAgent((bytes) => link.receive(bytes));
  const link: GuestLink = new GuestLink({
    send: (bytes) => agent.receive(bytes),
    powered: (action) => told.push(action),
    hasFlow: (flow) => told.push(flow),
  });
  return { link, agent, told };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const sizesOf = (agent: FakeAgent): number[][] =>
  agent.calls
    .filter(({ call }) => call === CALL.terminalSize)
    .map(({ body }) => [...new Uint32Array(body.slice().buffer)]);

describe('the link to the guest’s agent', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('begins a session for whoever needs one, once for all', async () => {
    const { link, agent } = linked();
    const ping = callBody(CALL.ping);
    await Promise.all([link.ready(1000), link.call(ping, 'It was not done'), link.call(ping, 'It was not done')]);
    expect(agent.greetings).toBe(1);
    await link.ready(1000);
    expect(agent.greetings).toBe(1);
  });

  it('says that nobody answers, and what to do', async () => {
    const { link, agent } = linked();
    agent.isThere = false;
    const refused = expect(link.ready(5000)).rejects.toMatchObject({
      code: 'guest-unresponsive',
      message: expect.stringMatching(/did not answer within 5 s.*built again\.$/),
    });
    await vi.advanceTimersByTimeAsync(5000);
    await refused;
    agent.begin();
    await link.ready(1000);
    await vi.advanceTimersByTimeAsync(1000);
  });

  it('tells sizes as soon as somebody is there to hear them, the newest last', async () => {
    const { link, agent } = linked();
    link.resize(0, 80, 25);
    link.resize(0, 90, 30);
    link.resize(2, 0, 1e9);
    link.resize(1, NaN, 4);
    expect(agent.calls).toEqual([]);
    await link.ready(1000);
    await settle();
    expect(sizesOf(agent)).toEqual([
      [0, 30, 90],
      [2, expect.any(Number), 1],
    ]);
    link.resize(0, 91, 31);
    link.resize(0, 92, 32);
    link.resize(0, 93, 33);
    await settle();
    expect(sizesOf(agent).slice(2)).toEqual([
      [0, 31, 91],
      [0, 33, 93],
    ]);
    // An agent that begins anew knows of none.
    agent.begin();
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(sizesOf(agent).slice(4)).toEqual([
      [0, 33, 93],
      [2, expect.any(Number), 1],
    ]);
    await vi.advanceTimersByTimeAsync(1000);
  });

  it('gives the guest its address once, and then only asks for the lease', async () => {
    const { link, agent } = linked();
    link.setUpNetwork(MAC);
    await link.ready(1000);
    await settle();
    link.setUpNetwork(MAC);
    await settle();
    expect(agent.calls.map(({ call }) => call)).toEqual([CALL.network, CALL.renew]);
    expect([...agent.calls[0]!.body]).toEqual(MAC);
  });

  it('asks again for a network that nobody answered for, and not for one that was refused', async () => {
    const { link, agent } = linked();
    agent.answer = () => null;
    link.setUpNetwork(MAC);
    await link.ready(1000);
    await vi.advanceTimersByTimeAsync(10_000);
    agent.answer = () => ({ errno: 5 });
    agent.begin();
    await vi.advanceTimersByTimeAsync(3000);
    agent.begin();
    await vi.advanceTimersByTimeAsync(3000);
    expect(agent.calls.map(({ call }) => call)).toEqual([CALL.network, CALL.network]);
  });

  it('waits for a lease', async () => {
    const { link, agent } = linked();
    await link.ready(1000);
    const late = expect(link.networkReady(2000)).rejects.toMatchObject({ code: 'guest-unresponsive' });
    await vi.advanceTimersByTimeAsync(2000);
    await late;
    const waiting = link.networkReady(2000);
    agent.news('lease');
    await waiting;
    await link.networkReady(2000);
  });

  it('hears of power and flows, and of nothing that is neither', async () => {
    const { link, agent, told } = linked();
    await link.ready(1000);
    for (const line of ['off', 'reboot', 'offer', '', 'flow', 'flow x y', 'flow 0100007F:0016 0200007F:1F90 z']) {
      agent.news(line);
    }
    agent.news('flow 0100007F:0016 0200007F:1F90');
    agent.news('flow 0100007F:0016 00000000000000000000000001000000:1F90');
    await settle();
    expect(told).toEqual(['off', 'reboot', { local: expect.any(Object), remote: expect.any(Object) }]);
  });

  it('sets the clock of a guest that is there', async () => {
    vi.setSystemTime(5_000_000_000_250);
    const { link, agent } = linked();
    link.setClock();
    expect(agent.calls).toEqual([]);
    await link.ready(1000);
    link.setClock();
    await settle();
    expect([...new Uint32Array(agent.calls[0]!.body.slice().buffer)]).toEqual([705_032_704, 1, 250_000_000]);
  });

  it('begins nothing anew for a guest that is up', async () => {
    const { link, agent } = linked();
    link.greet();
    await settle();
    link.greet();
    expect(agent.greetings).toBe(1);
  });
});
