import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FROM_GUEST, SEND_PAYLOAD_MAX_BYTES, TO_GUEST } from './frames.ts';
import { CALL, callBody } from './request-body.ts';
import { INPUT_WINDOW_BYTES, OUTPUT_WINDOW_BYTES } from './session.ts';
import { MARK, TestCommand, TestGuest } from './session.fixture.ts';

const PING = callBody(CALL.ping);
const SECONDS = 10_000;
const IO = 5;

const call = (guest: TestGuest): { id: number; answer: Promise<Uint8Array> } => {
  const answer = guest.session.call(PING, 'It was not done', SECONDS);
  // Whoever looks at it looks later.
  answer.catch(() => undefined);
  return { id: guest.sentOf(TO_GUEST.call).at(-1)!.id, answer };
};

describe('a session with the guest’s agent', () => {
  it('is up once the agent has answered the greeting, and not before', async () => {
    const guest = new TestGuest();
    await expect(guest.session.call(PING, 'It was not done', SECONDS)).rejects.toMatchObject({
      code: 'guest-unresponsive',
      message: 'It was not done: the agent in the VM does not answer.',
    });
    expect(() => guest.session.start({ argv: ['true'] }, {} as never)).toThrow('does not answer');
    guest.session.setHostName('box');
    guest.session.greet();
    expect(Buffer.from(guest.sent[0]!.payload.subarray(64)).toString()).toBe('box');
    guest.say(MARK, new Uint8Array(16).fill(9));
    expect(guest.ups).toEqual([]);
    guest.answerGreeting();
    expect(guest.ups).toEqual([true]);
    expect(guest.timersLeft).toBe(0);
  });

  it('gives each call its own answer, in any order and of any length', async () => {
    const guest = TestGuest.up();
    const [first, second] = [call(guest), call(guest)];
    guest.say(guest.frame(FROM_GUEST.data, second.id, [1, 2]), guest.frame(FROM_GUEST.data, second.id, []));
    guest.say(guest.frame(FROM_GUEST.data, second.id, [3]));
    guest.reply(second.id, 0, [4]);
    guest.reply(first.id, 0);
    expect(await second.answer).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(await first.answer).toEqual(new Uint8Array(0));
    expect(guest.timersLeft).toBe(0);
  });

  it('says what the guest’s error means', async () => {
    const guest = TestGuest.up();
    for (const [errno, code] of [
      [2, 'not-found'],
      [7, 'limit'],
      [28, 'disk-full'],
      [4095, 'io'],
    ] as const) {
      const { id, answer } = call(guest);
      guest.reply(id, -errno);
      await expect(answer).rejects.toMatchObject({ code, message: expect.stringMatching(/^It was not done: .*\.$/) });
    }
  });

  it('does not wait longer than it was told, has the guest stop, and takes a late answer for none', async () => {
    const guest = TestGuest.up();
    const { id, answer } = call(guest);
    guest.passMs(SECONDS);
    await expect(answer).rejects.toMatchObject({ code: 'guest-unresponsive' });
    const [stop] = guest.sentOf(TO_GUEST.signal);
    expect([stop?.id, stop?.payload[0]]).toEqual([id, 9]);
    guest.say(guest.frame(FROM_GUEST.data, id, [1]));
    guest.reply(id, 0);
    expect(guest.isUp).toBe(true);
    const next = call(guest);
    guest.reply(next.id, 0);
    await next.answer;
    expect(guest.timersLeft).toBe(0);
  });

  it('refuses more calls and commands than the agent takes, and takes more when some have ended', async () => {
    const guest = TestGuest.up();
    const calls = Array.from({ length: 64 }, () => call(guest));
    await expect(guest.session.call(PING, 'It was not done', SECONDS)).rejects.toMatchObject({ code: 'busy' });
    guest.reply(calls[5]!.id, 0);
    guest.reply(call(guest).id, 0);
    const commands = Array.from({ length: 56 }, () => new TestCommand(guest));
    expect(() => new TestCommand(guest)).toThrow(/56 run in this VM already/);
    guest.words(FROM_GUEST.exited, commands[9]!.id, 0, 0);
    expect(new TestCommand(guest).ends).toBe(0);
  });

  it('sends what is longer than a frame in parts', () => {
    const guest = TestGuest.up();
    const command = new TestCommand(guest, ['echo', 'x'.repeat(2 * SEND_PAYLOAD_MAX_BYTES)]);
    expect(guest.sent.map(({ kind }) => kind)).toEqual([TO_GUEST.part, TO_GUEST.part, TO_GUEST.exec]);
    expect(guest.sent.every(({ id, payload }) => id === command.id && payload.byteLength <= 4096)).toBe(true);
    expect(Buffer.concat(guest.sent.map(({ payload }) => payload)).byteLength).toBe(
      10 + 2 + 'echo'.length + 2 * SEND_PAYLOAD_MAX_BYTES + 2,
    );
  });

  it('tells a command’s life in order, and nothing after its end', () => {
    const guest = TestGuest.up();
    const run = new TestCommand(guest);
    guest.words(FROM_GUEST.started, run.id);
    guest.say(guest.frame(FROM_GUEST.stdout, run.id, [1, 2]), guest.frame(FROM_GUEST.stderr, run.id, [3]));
    guest.words(FROM_GUEST.exited, run.id, 0, 7);
    expect(run.log).toEqual(['started', 'ended {"kind":"exited","code":7}']);
    expect(run.bytes).toEqual({ stdout: 2, stderr: 1 });
    guest.sent = [];
    run.command.input(Uint8Array.of(1));
    run.command.endInput();
    run.command.took('stdout', 1);
    run.command.signal(15);
    run.command.resize(80, 25);
    expect(guest.sent).toEqual([]);
    const killed = new TestCommand(guest);
    guest.words(FROM_GUEST.exited, killed.id, 1, 11);
    expect(killed.log).toEqual(['ended {"kind":"signalled","signal":11}']);
    const refused = new TestCommand(guest);
    guest.words(FROM_GUEST.failed, refused.id, 4, 2);
    expect(refused.log).toEqual(['refused not-found']);
    expect(guest.isUp).toBe(true);
  });

  it('counts what is read and what is taken', () => {
    const guest = TestGuest.up();
    const { command, id, log } = new TestCommand(guest);
    command.input(new Uint8Array(INPUT_WINDOW_BYTES));
    expect(guest.sentOf(TO_GUEST.input).map(({ payload }) => payload.byteLength)).toEqual(
      Array.from({ length: 16 }, () => 4096),
    );
    expect(() => command.input(new Uint8Array(1))).toThrow('window');
    guest.words(FROM_GUEST.taken, id, 10_000);
    expect(log).toEqual(['taken 10000']);
    guest.say(guest.frame(FROM_GUEST.stdout, id, new Uint8Array(100)));
    command.took('stdout', 60);
    // Whoever counts wrongly makes no credit out of nothing.
    command.took('stdout', 60);
    const credits = guest.sentOf(TO_GUEST.credit).map(({ payload }) => [...new Uint32Array(payload.buffer)]);
    expect(credits).toEqual([
      [0, 60],
      [0, 40],
    ]);
  });

  it('is lost with all that was under way when the agent begins anew, and comes back', async () => {
    const guest = TestGuest.up();
    const { answer } = call(guest);
    const run = new TestCommand(guest);
    guest.beginAnew();
    await expect(answer).rejects.toMatchObject({ code: 'guest-unresponsive' });
    expect(run.log).toEqual(['lost guest-unresponsive']);
    expect(guest.ups).toEqual([true, false]);
    guest.passMs(1000);
    expect(guest.greetings).toBe(2);
    guest.answerGreeting();
    expect(guest.isUp).toBe(true);
    expect(new TestCommand(guest).ends).toBe(0);
  });

  it('greets an agent that began anew within a frame once a call had no answer and nothing came', async () => {
    const guest = TestGuest.up();
    guest.say(Uint8Array.of(FROM_GUEST.data, 0, 0, 64));
    guest.beginAnew();
    expect(guest.isUp).toBe(true);
    const { answer } = call(guest);
    guest.passMs(SECONDS);
    await expect(answer).rejects.toMatchObject({ code: 'guest-unresponsive' });
    expect(guest.isUp).toBe(false);
    guest.passMs(1000);
    answerEveryGreeting(guest);
    expect(guest.isUp).toBe(true);
  });

  it('answers an agent that begins while nobody waits for it, and one that begins again meanwhile', () => {
    const guest = new TestGuest();
    guest.beginAnew();
    expect(guest.greetings).toBe(1);
    guest.beginAnew();
    expect(guest.greetings).toBe(1);
    guest.passMs(1000);
    expect(guest.greetings).toBe(2);
    guest.answerGreeting();
    guest.passMs(60_000);
    expect([guest.greetings, guest.timersLeft, guest.isUp]).toEqual([2, 0, true]);
  });

  it('is begun once for all who wait for it, and again when nobody answers', () => {
    const guest = new TestGuest();
    for (let asked = 0; asked < 10; asked += 1) guest.session.greetIfSilent();
    expect(guest.greetings).toBe(1);
    guest.passMs(1000);
    guest.session.greetIfSilent();
    expect(guest.greetings).toBe(2);
    guest.answerGreeting();
    guest.passMs(1000);
    guest.session.greetIfSilent();
    expect(guest.greetings).toBe(2);
  });

  it('greets a guest that talks nonsense no more than once a second', () => {
    const guest = TestGuest.up();
    const before = guest.greetings;
    for (let tenths = 0; tenths < 200; tenths += 1) {
      guest.passMs(100);
      guest.beginAnew();
      guest.answerGreeting();
      guest.say(new Uint8Array(100).fill(65));
      guest.beginAnew();
    }
    expect(guest.greetings - before).toBeGreaterThan(5);
    expect(guest.greetings - before).toBeLessThanOrEqual(20);
    expect(guest.timersLeft).toBeLessThanOrEqual(1);
  });

  describe('ends at once when the guest', () => {
    interface Guest {
      guest: TestGuest;
      run: TestCommand;
      callId: number;
    }
    const rows: [string, (g: Guest) => void][] = [
      ['prints more than its window', ({ guest, run }) => flood(guest, run, FROM_GUEST.stdout)],
      ['complains more than its window', ({ guest, run }) => flood(guest, run, FROM_GUEST.stderr)],
      ['takes input that was not sent', ({ guest, run }) => guest.words(FROM_GUEST.taken, run.id, 1)],
      ['takes nothing', ({ guest, run }) => guest.words(FROM_GUEST.taken, run.id, 0)],
      [
        'starts a command twice',
        ({ guest, run }) => {
          guest.words(FROM_GUEST.started, run.id);
          guest.words(FROM_GUEST.started, run.id);
        },
      ],
      ['ends what does not run', ({ guest }) => guest.words(FROM_GUEST.exited, 4711, 0, 0)],
      ['prints for what does not run', ({ guest }) => guest.say(guest.frame(FROM_GUEST.stdout, 4711, [1]))],
      ['ends a command without a word', ({ guest, run }) => guest.say(guest.frame(FROM_GUEST.exited, run.id))],
      ['answers without a status', ({ guest, callId }) => guest.say(guest.frame(FROM_GUEST.reply, callId, [0, 0]))],
      ['answers with a status that is none', ({ guest, callId }) => guest.reply(callId, 1)],
      ['answers with an error that is none', ({ guest, callId }) => guest.reply(callId, -100_000)],
      ['tells a line that is too long', ({ guest }) => guest.say(guest.frame(FROM_GUEST.news, 0, new Uint8Array(201)))],
      [
        'says a frame of another session',
        ({ guest }) => guest.say(encodeFrame(FROM_GUEST.news, 0, new Uint8Array(0), 1)),
      ],
      [
        'answers longer than any answer is',
        ({ guest, callId }) => {
          const piece = guest.frame(FROM_GUEST.data, callId, new Uint8Array(16_384));
          for (let count = 0; count <= 1024 && guest.isUp; count += 1) guest.say(piece);
        },
      ],
    ];
    it.each(rows)('%s', (_, misbehave) => {
      const guest = TestGuest.up();
      const run = new TestCommand(guest);
      const { id: callId } = call(guest);
      misbehave({ guest, run, callId });
      expect(guest.ups).toEqual([true, false]);
      expect(run.ends).toBe(1);
      guest.passMs(1000);
      guest.answerGreeting();
      expect(guest.isUp).toBe(true);
    });

    function flood(guest: TestGuest, run: TestCommand, kind: number): void {
      const piece = new Uint8Array(16_384);
      for (let count = 0; count < OUTPUT_WINDOW_BYTES / piece.byteLength; count += 1) {
        guest.say(guest.frame(kind, run.id, piece));
      }
      expect(guest.isUp).toBe(true);
      guest.say(guest.frame(kind, run.id, [1]));
      expect(run.bytes.stdout + run.bytes.stderr).toBe(OUTPUT_WINDOW_BYTES);
    }
  });

  it('bounds what all answers together hold', () => {
    const guest = TestGuest.up();
    const ids = Array.from({ length: 10 }, () => call(guest).id);
    const piece = new Uint8Array(16_384);
    let saidBytes = 0;
    // Each stays below what one answer may be.
    for (let round = 0; round < 800 && guest.isUp; round += 1) {
      for (const id of ids) {
        guest.say(guest.frame(FROM_GUEST.data, id, piece));
        saidBytes += piece.byteLength;
      }
    }
    expect(guest.isUp).toBe(false);
    expect(saidBytes).toBeLessThanOrEqual(65 * 1024 * 1024);
  });

  it('passes on lines of plain text, and no others', () => {
    const guest = TestGuest.up();
    guest.say(guest.frame(FROM_GUEST.news, 0, Buffer.from('lease')), guest.frame(FROM_GUEST.news, 0, [27, 91]));
    guest.say(
      guest.frame(FROM_GUEST.news, 0, Buffer.from('flow é')),
      guest.frame(FROM_GUEST.news, 0, Buffer.from('off')),
    );
    expect(guest.news).toEqual(['lease', 'off']);
    expect(guest.isUp).toBe(true);
  });

  it('survives whatever a guest says: each call and command ends once, no timer stays', async () => {
    const saying = fc.oneof(
      fc.record({
        kind: fc.constantFrom(...Object.values(FROM_GUEST)),
        id: fc.oneof(fc.nat(12), fc.nat(0xffff_ffff)),
        payload: fc.oneof(
          fc.uint8Array({ maxLength: 12 }),
          fc.constantFrom(...[0, 1, 9, 300].map((word) => new Uint8Array(Uint32Array.of(0, word).buffer))),
          fc.constantFrom(new Uint8Array(16_384), new Uint8Array(201).fill(65)),
        ),
      }),
      fc.constantFrom('begin', 'answer', 'wait', 'call', 'start', 'input', 'half', 'greet'),
      fc.uint8Array({ maxLength: 30 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(saying, { maxLength: 60 }), async (script) => {
        const guest = TestGuest.up();
        const runs: TestCommand[] = [];
        const calls: Promise<unknown>[] = [];
        for (const step of script) {
          if (step instanceof Uint8Array) guest.say(step);
          else if (typeof step === 'object') guest.say(guest.frame(step.kind, step.id, step.payload));
          else if (step === 'begin') guest.beginAnew();
          else if (step === 'answer') guest.answerGreeting();
          else if (step === 'half') guest.say(guest.frame(FROM_GUEST.data, 1, [1, 2, 3]).subarray(0, 9));
          else if (step === 'wait') guest.passMs(600);
          else if (step === 'greet') guest.session.greet();
          else if (step === 'call') calls.push(guest.session.call(PING, 'x', SECONDS).catch((cause: unknown) => cause));
          else if (step === 'input') runs.at(-1)?.command.input(Uint8Array.of(1));
          else if (guest.isUp) runs.push(new TestCommand(guest));
        }
        // The agent is itself again.
        guest.passMs(SECONDS + 1000);
        guest.session.greet();
        answerEveryGreeting(guest);
        expect(guest.isUp).toBe(true);
        guest.passMs(1000);
        await Promise.all(calls);
        expect(runs.map(({ ends }) => ends)).toEqual(runs.map(() => 1));
        expect(guest.timersLeft).toBe(0);
        const { id, answer } = call(guest);
        guest.reply(id, 0);
        await answer;
        const refused = call(guest);
        guest.reply(refused.id, -IO);
        await expect(refused.answer).rejects.toMatchObject({ code: 'io' });
        expect(guest.timersLeft).toBe(0);
      }),
      // An agent began anew within what its predecessor left of a frame: its mark is found only with the next one.
      { numRuns: 400, examples: [[[Uint8Array.of(FROM_GUEST.reply, 0, 0, 1), 'begin']]] },
    );
  });
  /** What it says to one may be taken for something else, and bring another. */
  function answerEveryGreeting(guest: TestGuest): void {
    for (let answered = -1; answered < guest.greetings && !guest.isUp;) {
      answered = guest.greetings;
      guest.answerGreeting();
    }
  }
});
