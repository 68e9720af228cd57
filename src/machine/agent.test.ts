import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Agent, type AgentNews } from './agent.ts';

function bench(): { agent: Agent; sent: string[]; news: AgentNews[]; hear: (text: string) => void } {
  const sent: string[] = [];
  const news: AgentNews[] = [];
  const agent = new Agent({
    send: (bytes) => sent.push(Buffer.from(bytes).toString()),
    news: (each) => news.push(each),
    timer: (afterMs, run) => {
      const timer = setTimeout(run, afterMs);
      return () => clearTimeout(timer);
    },
  });
  return { agent, sent, news, hear: (text) => agent.receive(Buffer.from(text)) };
}

describe('Agent', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sends one line a request and resolves with the status of its answer', async () => {
    const { agent, sent, hear } = bench();
    const size = agent.request('size', [0, 25, 80], 1000);
    const ping = agent.request('ping', [], 1000);
    expect(sent).toEqual(['\n1 size 0 25 80\n', '\n2 ping\n']);
    hear('=2 0\n=1 127\n');
    expect(await ping).toBe(0);
    expect(await size).toBe(127);
  });

  it('matches every answer to its request, however they are cut and in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }).chain((count) =>
          fc.shuffledSubarray(
            Array.from({ length: count }, (_, i) => i + 1),
            { minLength: count, maxLength: count },
          ),
        ),
        fc.integer({ min: 1, max: 7 }),
        async (order, cut) => {
          const { agent, hear } = bench();
          const answers = order.map(() => agent.request('ping', [], 1000));
          const text = order.map((seq) => `=${seq} ${seq % 256}\r\n`).join('');
          for (let at = 0; at < text.length; at += cut) hear(text.slice(at, at + cut));
          expect(await Promise.all(answers)).toEqual(answers.map((_, index) => (index + 1) % 256));
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives up after its time with a sentence, and ignores a late answer', async () => {
    const { agent, hear } = bench();
    const request = agent.request('sync', [], 3000);
    const outcome = expect(request).rejects.toMatchObject({
      code: 'guest-unresponsive',
      message: 'The VM did not answer within 3 s (sync). It may be busy or its agent was ended; nothing was changed.',
    });
    await vi.advanceTimersByTimeAsync(3000);
    await outcome;
    hear('=1 0\n');
    const next = agent.request('ping', [], 1000);
    hear('=2 5\n');
    expect(await next).toBe(5);
  });

  it('does not let requests pile up at a guest that never answers', async () => {
    const { agent, sent } = bench();
    const waiting = Array.from({ length: 64 }, () => agent.request('ping', [], 1000).catch((cause: unknown) => cause));
    await expect(agent.request('ping', [], 1000)).rejects.toMatchObject({ code: 'busy' });
    expect(sent.length).toBe(64);
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all(waiting);
    void agent.request('ping', [], 1000).catch((cause: unknown) => cause);
    expect(sent.length).toBe(65);
    await vi.advanceTimersByTimeAsync(1000);
  });

  it('passes on what the guest says by itself', () => {
    const { news, hear } = bench();
    hear('!hello\n!off\nnoise\n!reboot\n!unknown\n! off\n');
    expect(news).toEqual([{ kind: 'hello' }, { kind: 'power', action: 'off' }, { kind: 'power', action: 'reboot' }]);
  });

  it('ignores a line that is too long, and reads the next one', () => {
    const { news, hear } = bench();
    hear(`!hello${'x'.repeat(100_000)}`);
    hear(`!hello\n!off\n`);
    expect(news).toEqual([{ kind: 'power', action: 'off' }]);
  });

  it('survives any bytes, and still hears the guest afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 600 }),
            fc.string().map((text) => new Uint8Array(Buffer.from(`=${text}\n!${text}\n`))),
          ),
        ),
        async (pieces) => {
          const { agent, news, hear } = bench();
          const pending = agent.request('ping', [], 1000).then(
            () => 'answered',
            () => 'gave up',
          );
          for (const piece of pieces) agent.receive(piece);
          news.length = 0;
          hear('\n!hello\n');
          expect(news).toEqual([{ kind: 'hello' }]);
          vi.runAllTimers();
          expect(['answered', 'gave up']).toContain(await pending);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['=1', '=1 x', '=x 0', '=-1 0', '=1 0 0', '=99999999999 0', '= 1 0', '==1 0', '=2 0', '=1 1000'])(
    'takes %j for no answer',
    async (line) => {
      const { agent, hear } = bench();
      let settled = false;
      const request = agent.request('ping', [], 1000).finally(() => (settled = true));
      hear(`${line}\n`);
      await vi.advanceTimersByTimeAsync(10);
      expect(settled).toBe(false);
      hear('=1 0\n');
      expect(await request).toBe(0);
    },
  );
});
