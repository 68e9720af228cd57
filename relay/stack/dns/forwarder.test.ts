import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { addressBytes } from '../wire/address.ts';
import { nameBytes } from '../wire/dns-name.ts';
import { DNS_CLASS_IN, emitDns, nameInData, parseDns, type DnsMessage, type DnsRecord } from '../wire/dns.ts';
import { Malformed } from '../wire/malformed.ts';
import { DnsForwarder, OPEN_MAX, OPEN_PER_LINK_MAX, type DnsClient } from './forwarder.ts';
import type { UpstreamQuestion } from './upstream.ts';

const A = 1;
const CNAME = 5;
const SOA = 6;
const PTR = 12;
const TXT = 16;
const AAAA = 28;
const OPT = 41;

const NO_BYTES = new Uint8Array(0);

function read(bytes: Uint8Array | undefined): DnsMessage {
  const message = parseDns(bytes ?? NO_BYTES);
  if (message instanceof Malformed) throw new Error(message.reason);
  return message;
}

function messageOf(fields: Partial<DnsMessage>): DnsMessage {
  return {
    id: 0,
    isResponse: false,
    opcode: 0,
    isAuthoritative: false,
    isTruncated: false,
    isRecursionDesired: true,
    isRecursionAvailable: false,
    isAuthenticData: false,
    isCheckingDisabled: false,
    rcode: 0,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    ...fields,
  };
}

function recordOf(name: string, type: number, data: Uint8Array, ttlS = 300): DnsRecord {
  return { name, type, class: DNS_CLASS_IN, ttlS, data };
}

const optOf = (udpBytes: number, flags = 0): DnsRecord => ({
  name: '',
  type: OPT,
  class: udpBytes,
  ttlS: flags,
  data: NO_BYTES,
});
const DNSSEC_OK = 0x8000;

function queryOf(name: string, type = A, fields: Partial<DnsMessage> = {}): Uint8Array {
  return emitDns(messageOf({ id: 77, questions: [{ name, type, class: DNS_CLASS_IN }], ...fields }));
}

interface Asked extends UpstreamQuestion {
  readonly socket: number;
  readonly query: DnsMessage;
}

class Bench {
  readonly asked: Asked[] = [];
  readonly cancelled: number[] = [];
  readonly learned: (readonly [number, string, readonly string[]])[] = [];
  readonly denied = new Set<string>();
  readonly forwarder: DnsForwarder;
  private seed = 1;

  constructor(serverCount = 2) {
    this.forwarder = new DnsForwarder({
      serverCount,
      randomU32: () => (this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0),
      ask: (question) => {
        const socket = 100 + this.asked.length;
        this.asked.push({ ...question, socket, query: read(question.message) });
        return socket;
      },
      cancel: (socket) => this.cancelled.push(socket),
      onAnswer: (link, name, addresses) => this.learned.push([link, name, addresses]),
    });
  }

  client(link = 1, transport: 'udp' | 'tcp' = 'udp'): DnsClient {
    return {
      link,
      transport,
      isAllowed: (name) => !this.denied.has(name),
      localNames: (name) => {
        if (name === 'host.terrarium') return ['10.0.2.2', 'fd54:6572:7261::2'];
        if (name === 'web' || name === 'web.terrarium') return ['10.0.2.16'];
        return name.endsWith('.terrarium') ? [] : null;
      },
      localAddressName: (address) => (address === '10.0.2.16' ? 'web.terrarium' : null),
    };
  }

  /** The replies, filled as they come. */
  query(message: Uint8Array, nowMs = 0, client = this.client()): Uint8Array[] {
    const replies: Uint8Array[] = [];
    this.forwarder.query(message, client, (bytes) => replies.push(bytes), nowMs);
    return replies;
  }

  get last(): Asked {
    return this.asked.at(-1)!;
  }

  /** The server's answer to what was asked last. */
  answer(fields: Partial<DnsMessage>, nowMs = 0): void {
    const { socket, query } = this.last;
    const { id, questions } = query;
    this.forwarder.answer(socket, emitDns(messageOf({ id, isResponse: true, questions, ...fields })), nowMs);
  }

  /** Moves on to the next timer. */
  timeOut(): number {
    const nowMs = this.forwarder.nextTimerMs()!;
    this.forwarder.tick(nowMs);
    return nowMs;
  }
}

const ADDRESS = recordOf('example.org', A, addressBytes('192.0.2.1'));
const soa = recordOf('org', SOA, Uint8Array.of(0, 0, ...new Uint8Array(19), 60));

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('forwarding', () => {
  test('asks a server and answers with the client’s id and spelling', () => {
    const query = queryOf('example.org');
    query.set([0x45, 0x58], 13);
    const replies = bench.query(query);
    expect(bench.last).toMatchObject({ serverIndex: 0, transport: 'udp', timeoutMs: 1500 });
    expect(bench.last.query.id).not.toBe(77);
    expect(bench.last.query).toMatchObject({ isRecursionDesired: true, questions: [{ name: 'example.org', type: A }] });
    expect(replies).toEqual([]);
    bench.answer({ answers: [ADDRESS], isAuthoritative: true, additionals: [optOf(1232)] });
    const reply = read(replies[0]);
    expect(reply).toMatchObject({ id: 77, isResponse: true, isRecursionAvailable: true, rcode: 0 });
    expect(reply.isAuthoritative).toBe(false);
    expect([...(reply.answers[0]?.data ?? [])]).toEqual([192, 0, 2, 1]);
    expect(reply.additionals).toEqual([]);
    expect([...replies[0]!.subarray(12, 25)]).toEqual([...query.subarray(12, 25)]);
    expect(bench.learned).toEqual([[1, 'example.org', ['192.0.2.1']]]);
    expect(bench.forwarder.open).toBe(0);
    expect(bench.forwarder.nextTimerMs()).toBeNull();
  });

  test('passes any type of record', () => {
    const data = Uint8Array.from({ length: 200 }, (_, i) => i);
    for (const type of [TXT, 65, 99, 257, 65_280]) {
      const replies = bench.query(queryOf('example.org', type));
      bench.answer({ answers: [recordOf('example.org', type, data)] });
      expect([...(read(replies[0]).answers[0]?.data ?? [])]).toEqual([...data]);
    }
  });

  test('takes only the answer to its question', () => {
    const replies = bench.query(queryOf('example.org'));
    const wrong: Partial<DnsMessage>[] = [
      { id: bench.last.query.id ^ 1 },
      { questions: [{ name: 'example.com', type: A, class: DNS_CLASS_IN }] },
      { isResponse: false },
      { questions: [] },
    ];
    for (const fields of wrong) bench.answer({ answers: [ADDRESS], ...fields });
    bench.forwarder.answer(bench.last.socket, Uint8Array.of(1, 2, 3), 0);
    bench.forwarder.answer(9999, NO_BYTES, 0);
    expect(replies).toEqual([]);
    expect(new Set(bench.asked.map(({ query }) => query.id)).size).toBe(bench.asked.length);
    bench.answer({ answers: [ADDRESS] });
    expect(read(replies[0]).answers).toHaveLength(1);
  });

  test('goes to the next server after a timeout, and gives up after 6 s', () => {
    const replies = bench.query(queryOf('example.org'));
    expect([bench.timeOut(), bench.timeOut(), bench.timeOut()]).toEqual([1500, 3000, 4500]);
    expect(bench.asked.map(({ serverIndex }) => serverIndex)).toEqual([0, 1, 0, 1]);
    expect(replies).toEqual([]);
    expect(bench.timeOut()).toBe(6000);
    expect(read(replies[0]).rcode).toBe(2);
    expect(bench.cancelled).toEqual(bench.asked.map(({ socket }) => socket));
    expect(bench.forwarder.counters.failedLookups).toBe(1);
    // A loop that asks again at once is not passed on.
    expect(read(bench.query(queryOf('example.org'), 6500)[0]).rcode).toBe(2);
    expect(bench.asked).toHaveLength(4);
    bench.query(queryOf('example.org'), 7000);
    expect(bench.asked).toHaveLength(5);
  });

  test('remembers which server answered', () => {
    bench.query(queryOf('a.org'));
    bench.timeOut();
    bench.answer({ answers: [recordOf('a.org', A, addressBytes('192.0.2.1'))] }, 1600);
    bench.query(queryOf('b.org'), 1700);
    expect(bench.last.serverIndex).toBe(1);
  });

  test('asks no server again that said it has no answer', () => {
    const replies = bench.query(queryOf('example.org'));
    bench.answer({ rcode: 2 });
    expect(bench.last.serverIndex).toBe(1);
    bench.forwarder.failed(bench.last.socket, 10);
    expect(bench.asked).toHaveLength(2);
    expect(read(replies[0]).rcode).toBe(2);
  });

  test('the host’s own timeout is one, too', () => {
    bench.query(queryOf('example.org'));
    bench.forwarder.failed(bench.last.socket, 1499);
    bench.forwarder.failed(bench.last.socket, 2998);
    expect(bench.asked.map(({ serverIndex }) => serverIndex)).toEqual([0, 1, 0]);
  });

  test('a truncated answer is fetched over TCP', () => {
    const replies = bench.query(queryOf('example.org', TXT), 0, bench.client(1, 'tcp'));
    bench.answer({ isTruncated: true });
    expect(bench.last).toMatchObject({ transport: 'tcp', serverIndex: 0 });
    const answers = Array.from({ length: 200 }, (_, i) => recordOf('example.org', TXT, new Uint8Array(200).fill(i)));
    bench.answer({ answers });
    expect(read(replies[0]).answers).toHaveLength(200);
  });

  test('a server without EDNS is asked without', () => {
    const replies = bench.query(queryOf('example.org'));
    expect(bench.last.query.additionals).toHaveLength(1);
    bench.answer({ rcode: 1, questions: [] });
    expect(bench.last).toMatchObject({ serverIndex: 0, query: { additionals: [] } });
    bench.answer({ answers: [ADDRESS] });
    expect(read(replies[0]).answers).toHaveLength(1);
  });

  test('without servers it fails at once', () => {
    bench = new Bench(0);
    const replies = bench.query(queryOf('example.org'));
    bench.forwarder.failed(bench.last.socket, 0);
    expect(read(replies[0]).rcode).toBe(2);
  });
});

describe('remembering', () => {
  test('answers again without asking, times counted down', () => {
    bench.query(queryOf('example.org'));
    bench.answer({ answers: [ADDRESS] });
    const [reply] = bench.query(queryOf('EXAMPLE.org'), 100_000, bench.client(2));
    expect(read(reply).answers[0]?.ttlS).toBe(200);
    expect(bench.learned.at(-1)).toEqual([2, 'example.org', ['192.0.2.1']]);
    expect(bench.query(queryOf('example.org'), 300_000)).toEqual([]);
    expect(bench.asked).toHaveLength(2);
    expect(bench.forwarder.counters).toMatchObject({ queries: 3, fromCache: 1, lookups: 2 });
  });

  test('keeps DNSSEC’s answers apart', () => {
    bench.query(queryOf('example.org'));
    bench.answer({ answers: [ADDRESS], isAuthenticData: true });
    const replies = bench.query(queryOf('example.org', A, { additionals: [optOf(1232, DNSSEC_OK)] }));
    expect(bench.asked).toHaveLength(2);
    expect(bench.last.query.additionals[0]?.ttlS).toBe(DNSSEC_OK);
    bench.answer({ answers: [ADDRESS], isAuthenticData: true });
    expect(read(replies[0])).toMatchObject({ isAuthenticData: true, additionals: [{ type: OPT, ttlS: DNSSEC_OK }] });
    expect(read(bench.query(queryOf('example.org'))[0]).isAuthenticData).toBe(false);
    expect(read(bench.query(queryOf('example.org', A, { isAuthenticData: true }))[0]).isAuthenticData).toBe(true);
  });

  test('what does not exist, too', () => {
    for (const rcode of [3, 0]) {
      bench = new Bench();
      bench.query(queryOf('example.org'));
      bench.answer({ rcode, authorities: [soa] });
      const reply = read(bench.query(queryOf('example.org'), 59_000)[0]);
      expect(reply).toMatchObject({ rcode, authorities: [{ type: SOA }] });
      expect(bench.query(queryOf('example.org'), 60_000)).toEqual([]);
    }
    bench.query(queryOf('example.com'));
    bench.answer({ rcode: 3 });
    expect(bench.query(queryOf('example.com'))).toEqual([]);
  });

  test('equal questions wait for one lookup', () => {
    const first = bench.query(queryOf('example.org', A, { id: 1 }), 0, bench.client(1));
    const second = bench.query(queryOf('example.org', A, { id: 2 }), 0, bench.client(2));
    const other = bench.query(queryOf('example.org', AAAA, { id: 3 }), 0, bench.client(2));
    expect(bench.asked).toHaveLength(2);
    expect(bench.forwarder.open).toBe(3);
    bench.answer({ answers: [recordOf('example.org', AAAA, addressBytes('2001:db8::1'))] });
    expect([read(other[0]).id, first.length, second.length]).toEqual([3, 0, 0]);
    const { socket, query } = bench.asked[0]!;
    bench.forwarder.answer(socket, emitDns({ ...query, isResponse: true, answers: [ADDRESS], additionals: [] }), 0);
    expect([read(first[0]).id, read(second[0]).id]).toEqual([1, 2]);
    expect(bench.learned.map(([link, , addresses]) => [link, ...addresses])).toEqual([
      [2, '2001:db8::1'],
      [1, '192.0.2.1'],
      [2, '192.0.2.1'],
    ]);
  });
});

describe('sizes', () => {
  const answers = Array.from({ length: 5 }, (_, i) => recordOf('example.org', TXT, new Uint8Array(150).fill(i)));

  function replyTo(additionals: DnsRecord[], transport: 'udp' | 'tcp' = 'udp', extra: DnsRecord[] = []): Uint8Array {
    bench = new Bench();
    const replies = bench.query(queryOf('example.org', TXT, { additionals }), 0, bench.client(1, transport));
    bench.answer({ answers, additionals: extra });
    return replies[0]!;
  }

  test('what a client over UDP cannot take is truncated, and whole over TCP', () => {
    const plain = replyTo([]);
    expect(plain.length).toBeLessThanOrEqual(512);
    expect(read(plain)).toMatchObject({ isTruncated: true, answers: [], questions: [{ name: 'example.org' }] });
    const small = read(replyTo([optOf(600)]));
    expect(small).toMatchObject({ isTruncated: true, additionals: [{ type: OPT }] });
    expect(read(replyTo([optOf(1232)]))).toMatchObject({ isTruncated: false, answers: { length: 5 } });
    expect(read(replyTo([], 'tcp'))).toMatchObject({ isTruncated: false, answers: { length: 5 } });
    // A size below the least is taken for the least (RFC 6891, 6.2.3).
    expect(read(replyTo([optOf(1)])).isTruncated).toBe(true);
  });

  test('additional records are the first to go', () => {
    const extra = [recordOf('example.org', TXT, new Uint8Array(800))];
    expect(read(replyTo([optOf(1232)], 'udp', extra))).toMatchObject({
      isTruncated: false,
      answers: { length: 5 },
      additionals: { length: 1 },
    });
  });

  test('nothing over UDP is longer than one packet', () => {
    bench = new Bench();
    const replies = bench.query(queryOf('example.org', TXT, { additionals: [optOf(65_535)] }));
    bench.answer({ answers: [...answers, ...answers] });
    expect(replies[0]!.length).toBeLessThan(1452);
    expect(read(replies[0]).isTruncated).toBe(true);
  });
});

describe('local names', () => {
  test('are answered here, and learned', () => {
    const reply = read(bench.query(queryOf('Host.Terrarium'))[0]);
    expect(reply).toMatchObject({ rcode: 0, isAuthoritative: true, answers: [{ type: A }] });
    expect([...(reply.answers[0]?.data ?? [])]).toEqual([10, 0, 2, 2]);
    expect(bench.learned).toEqual([[1, 'host.terrarium', ['10.0.2.2']]]);
    expect(read(bench.query(queryOf('web'))[0]).answers).toHaveLength(1);
    expect(read(bench.query(queryOf('host.terrarium', 255))[0]).answers).toHaveLength(2);
    expect(bench.asked).toEqual([]);
  });

  test('have no other records and no others beside them', () => {
    expect(read(bench.query(queryOf('web.terrarium', AAAA))[0])).toMatchObject({
      rcode: 0,
      answers: [],
      authorities: [{ type: SOA, name: 'terrarium' }],
    });
    expect(read(bench.query(queryOf('nobody.terrarium'))[0])).toMatchObject({ rcode: 3, answers: [] });
    for (const name of ['a.invalid', 'a.onion', 'terrarium']) expect(bench.query(queryOf(name))).toHaveLength(1);
    expect(read(bench.query(queryOf('a.localhost', AAAA))[0]).answers).toHaveLength(1);
    expect(bench.asked).toEqual([]);
  });

  test('lead back from their addresses', () => {
    const pointerOf = (name: string): string | null => {
      const [answer] = read(bench.query(queryOf(name, PTR))[0]).answers;
      return answer ? nameInData(answer.data) : null;
    };
    expect(pointerOf('16.2.0.10.in-addr.arpa')).toBe('web.terrarium');
    expect(pointerOf('99.2.0.10.in-addr.arpa')).toBeNull();
    expect(pointerOf('1.0.0.127.in-addr.arpa')).toBe('localhost');
    expect(pointerOf(`9.${'0.'.repeat(15)}0.0.0.0.1.6.2.7.2.7.5.6.4.5.d.f.ip6.arpa`)).toBeNull();
    expect(bench.asked).toEqual([]);
    expect(bench.query(queryOf('1.2.0.192.in-addr.arpa', PTR))).toEqual([]);
    expect(bench.asked).toHaveLength(1);
  });

  test('stay reachable whatever is denied', () => {
    bench.denied.add('host.terrarium');
    expect(read(bench.query(queryOf('host.terrarium'))[0]).rcode).toBe(0);
  });
});

describe('denied names', () => {
  test('are refused, and those with EDNS are told why', () => {
    bench.denied.add('ads.example');
    expect(read(bench.query(queryOf('ads.example'))[0])).toMatchObject({ rcode: 5, answers: [] });
    const [opt] = read(bench.query(queryOf('ads.example', A, { additionals: [optOf(1232)] }))[0]).additionals;
    expect([...(opt?.data ?? [])]).toEqual([0, 15, 0, 2, 0, 15]);
    expect(bench.asked).toEqual([]);
    expect(bench.forwarder.counters.refused).toBe(2);
  });

  test('are refused from the cache and while waiting, too', () => {
    const replies = bench.query(queryOf('example.org'));
    bench.denied.add('example.org');
    bench.answer({ answers: [ADDRESS] });
    expect(read(replies[0])).toMatchObject({ rcode: 5, answers: [] });
    expect(read(bench.query(queryOf('example.org'))[0]).rcode).toBe(5);
    expect(bench.learned).toEqual([]);
  });

  test('the name asked for counts, not where it leads', () => {
    bench.denied.add('cdn.example');
    const replies = bench.query(queryOf('example.org'));
    const alias = recordOf('example.org', CNAME, nameBytes('cdn.example') ?? NO_BYTES);
    bench.answer({ answers: [alias, recordOf('cdn.example', A, addressBytes('192.0.2.7'))] });
    expect(read(replies[0]).answers).toHaveLength(2);
    expect(bench.learned).toEqual([[1, 'example.org', ['192.0.2.7']]]);
  });
});

describe('what is no question', () => {
  test('is dropped or called malformed', () => {
    const rcodeOf = (bytes: Uint8Array): number | undefined => {
      const [reply] = bench.query(bytes);
      return reply && read(reply).rcode;
    };
    const question = { name: 'example.org', type: A, class: DNS_CLASS_IN };
    expect(rcodeOf(NO_BYTES)).toBeUndefined();
    expect(rcodeOf(queryOf('example.org').subarray(0, 11))).toBeUndefined();
    expect(rcodeOf(queryOf('example.org', A, { isResponse: true }))).toBeUndefined();
    expect(rcodeOf(queryOf('example.org').subarray(0, 20))).toBe(1);
    expect(rcodeOf(new Uint8Array(5000))).toBe(1);
    expect(rcodeOf(queryOf('example.org', A, { questions: [] }))).toBe(1);
    expect(rcodeOf(queryOf('example.org', A, { questions: [question, question] }))).toBe(1);
    expect(rcodeOf(queryOf('example.org', A, { additionals: [optOf(512), optOf(512)] }))).toBe(1);
    expect(rcodeOf(queryOf('example.org', A, { opcode: 5 }))).toBe(4);
    expect(rcodeOf(queryOf('example.org', 252))).toBe(5);
    expect(rcodeOf(queryOf('example.org', A, { questions: [{ ...question, class: 3 }] }))).toBe(5);
    const [badVersion] = bench.query(queryOf('example.org', A, { additionals: [optOf(1232, 1 << 16)] }));
    expect(read(badVersion)).toMatchObject({ rcode: 0, additionals: [{ ttlS: 1 << 24 }] });
    expect(bench.asked).toEqual([]);
  });

  test('never throws, whatever bytes come from either side', () => {
    const valid = queryOf('www.example.org', A, { additionals: [optOf(1232, DNSSEC_OK)] });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 5 }).map((changes) => {
        const changed = valid.slice();
        for (const [at, value] of changes) changed[at] = value;
        return changed;
      }),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }), (query, changes) => {
        bench = new Bench();
        const replies = bench.query(query);
        for (let i = 0; i < 20 && bench.forwarder.open > 0; i++) {
          const { socket, query: asked } = bench.last;
          const answers = [ADDRESS, recordOf('example.org', SOA, soa.data), recordOf('a.example.org', TXT, valid)];
          const answer = emitDns({ ...asked, isResponse: true, answers });
          for (const [at, value] of i < 3 ? changes : []) answer[at % answer.length] = value;
          bench.forwarder.answer(socket, answer, 0);
        }
        for (const reply of replies) read(reply);
        expect(replies.length).toBeLessThanOrEqual(1);
        expect(bench.forwarder.open).toBe(0);
        expect(bench.forwarder.nextTimerMs()).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('bounds', () => {
  test('open questions, of one VM and in all', () => {
    const ask = (link: number, i: number): Uint8Array[] =>
      bench.query(queryOf(`n${link}-${i}.org`), 0, bench.client(link));
    for (let i = 0; i < OPEN_PER_LINK_MAX; i++) expect(ask(1, i)).toEqual([]);
    expect(read(ask(1, 1000)[0]).rcode).toBe(2);
    for (let link = 2; bench.forwarder.open < OPEN_MAX; link++) {
      for (let i = 0; i < OPEN_PER_LINK_MAX; i++) ask(link, i);
    }
    expect(read(ask(99, 0)[0]).rcode).toBe(2);
    expect(bench.forwarder.counters.overflows).toBe(2);
    expect(bench.asked).toHaveLength(OPEN_MAX);
    bench.forwarder.dropLink(1);
    expect(bench.cancelled).toHaveLength(OPEN_PER_LINK_MAX);
    expect(ask(99, 0)).toEqual([]);
    while (bench.forwarder.nextTimerMs() !== null) bench.timeOut();
    expect(bench.forwarder.open).toBe(0);
    expect(ask(1, 2000)).toEqual([]);
  });

  test('a VM that leaves takes its questions with it, and no one else’s', () => {
    const gone = bench.query(queryOf('example.org'), 0, bench.client(1));
    const stays = bench.query(queryOf('example.org'), 0, bench.client(2));
    bench.query(queryOf('example.com'), 0, bench.client(1));
    bench.forwarder.dropLink(1);
    expect(bench.cancelled).toEqual([101]);
    const { socket, query } = bench.asked[0]!;
    bench.forwarder.answer(socket, emitDns({ ...query, isResponse: true, answers: [ADDRESS], additionals: [] }), 0);
    expect([gone.length, stays.length, bench.forwarder.open]).toEqual([0, 1, 0]);
  });
});
