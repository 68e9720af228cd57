import type { SocketId } from '../effects.ts';
import { addressAt, type IpAddress } from '../wire/address.ts';
import {
  DNS_CLASS_IN,
  DNS_RCODE_REFUSED,
  DNS_RCODE_SERVER_FAILURE,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  type DnsRecord,
} from '../wire/dns.ts';
import { DnsCache } from './cache.ts';
import { EDE_BLOCKED } from './edns.ts';
import { answerLocally, type LocalNames } from './local-zone.ts';
import { readQuery, type DnsQuery } from './query.ts';
import { emptyOutcome, writeReply, type DnsOutcome } from './reply.ts';
import { UpstreamLookup, type Progress, type UpstreamPorts } from './upstream.ts';

/** Who asks, and what holds for them. The forwarder keeps it until the question is answered. */
export interface DnsClient extends LocalNames {
  readonly link: number;
  readonly transport: 'udp' | 'tcp';
  /** Whether the VM may look the name up; not asked for local names. */
  isAllowed(name: string, type: number): boolean;
}

export interface DnsForwarderOptions extends UpstreamPorts {
  /** How many servers the host has; taken for one where it knows of none yet. */
  readonly serverCount: number;
  /** Before the answer goes out: the VM was told that the name has these addresses. */
  onAnswer(link: number, name: string, addresses: readonly IpAddress[]): void;
}

/** All counters only grow. */
export interface DnsCounters {
  readonly queries: number;
  readonly fromCache: number;
  readonly refused: number;
  readonly lookups: number;
  readonly failedLookups: number;
  /** Questions answered with a failure because too many were open. */
  readonly overflows: number;
}

/** Questions one VM may have open: a browser asks dozens at once. */
export const OPEN_PER_LINK_MAX = 128;
/** Questions open in all, each a socket of the host for some seconds. */
export const OPEN_MAX = 512;

const RCODE_BAD_VERSION = 16;

interface Waiter {
  readonly query: DnsQuery;
  readonly client: DnsClient;
  readonly reply: (bytes: Uint8Array) => void;
}

interface Pending {
  readonly key: string;
  readonly lookup: UpstreamLookup;
  waiters: Waiter[];
}

/**
 * The DNS server of the VMs: local names by itself, everything else from the host's servers, remembered. VMs that ask
 * the same thing at once wait for one lookup.
 */
export class DnsForwarder {
  private readonly options: DnsForwarderOptions;
  private readonly cache = new DnsCache();
  private readonly pendingByKey = new Map<string, Pending>();
  private readonly pendingBySocket = new Map<SocketId, Pending>();
  private readonly openByLink = new Map<number, number>();
  private openCount = 0;
  /** The server that answered last: a dead one is not waited for twice. */
  private preferredServer = 0;
  private readonly count = { queries: 0, fromCache: 0, refused: 0, lookups: 0, failedLookups: 0, overflows: 0 };

  constructor(options: DnsForwarderOptions) {
    this.options = options;
  }

  get counters(): DnsCounters {
    return { ...this.count };
  }

  /** Questions waiting for an answer from outside. */
  get open(): number {
    return this.openCount;
  }

  /**
   * @param message one DNS message, read only during the call
   * @param reply called at most once, during the call or later; never for what is no query
   */
  query(message: Uint8Array, client: DnsClient, reply: (bytes: Uint8Array) => void, nowMs: number): void {
    this.count.queries += 1;
    const query = readQuery(message);
    if (query === null) return;
    if (query instanceof Uint8Array) {
      reply(query);
      return;
    }
    const waiter = { query, client, reply };
    const outcome = this.answerAtOnce(query, client, nowMs);
    if (outcome) this.deliver(waiter, outcome);
    else this.wait(waiter, nowMs);
  }

  answer(socket: SocketId, message: Uint8Array, nowMs: number): void {
    this.goOn(socket, (lookup) => lookup.answer(message, nowMs), nowMs);
  }

  failed(socket: SocketId, nowMs: number): void {
    this.goOn(socket, (lookup) => lookup.failed(nowMs), nowMs);
  }

  tick(nowMs: number): void {
    for (const [socket, { lookup }] of [...this.pendingBySocket]) {
      if (lookup.deadlineMs <= nowMs) this.goOn(socket, () => lookup.timedOut(nowMs), nowMs);
    }
  }

  nextTimerMs(): number | null {
    let nextMs = Infinity;
    for (const { lookup } of this.pendingBySocket.values()) nextMs = Math.min(nextMs, lookup.deadlineMs);
    return nextMs === Infinity ? null : nextMs;
  }

  /** The VM is gone: its questions are not answered any more. */
  dropLink(link: number): void {
    for (const pending of [...this.pendingByKey.values()]) {
      const others = pending.waiters.filter(({ client }) => client.link !== link);
      this.openCount -= pending.waiters.length - others.length;
      pending.waiters = others;
      if (others.length > 0) continue;
      this.pendingByKey.delete(pending.key);
      this.pendingBySocket.delete(pending.lookup.socket);
      pending.lookup.cancel();
    }
    this.openByLink.delete(link);
  }

  /** The host is in another network, where names may mean other things. */
  clearCache(): void {
    this.cache.clear();
  }

  private answerAtOnce(query: DnsQuery, client: DnsClient, nowMs: number): DnsOutcome | null {
    const { question, edns } = query;
    if (edns && edns.version !== 0) return emptyOutcome(RCODE_BAD_VERSION);
    const local = answerLocally(question, client);
    if (local) return local;
    if (!client.isAllowed(question.name, question.type)) return this.refusal();
    const cached = this.cache.get(keyOf(query), nowMs);
    if (cached) this.count.fromCache += 1;
    return cached;
  }

  private refusal(): DnsOutcome {
    this.count.refused += 1;
    return emptyOutcome(DNS_RCODE_REFUSED, EDE_BLOCKED);
  }

  private wait(waiter: Waiter, nowMs: number): void {
    const { link } = waiter.client;
    const openHere = this.openByLink.get(link) ?? 0;
    if (openHere >= OPEN_PER_LINK_MAX || this.openCount >= OPEN_MAX) {
      this.count.overflows += 1;
      this.deliver(waiter, emptyOutcome(DNS_RCODE_SERVER_FAILURE));
      return;
    }
    this.openByLink.set(link, openHere + 1);
    this.openCount += 1;
    const key = keyOf(waiter.query);
    const pending = this.pendingByKey.get(key);
    if (pending) pending.waiters.push(waiter);
    else this.lookUp(key, waiter, nowMs);
  }

  private lookUp(key: string, waiter: Waiter, nowMs: number): void {
    const { question, edns, isCheckingDisabled } = waiter.query;
    this.count.lookups += 1;
    const flags = { isDnssecOk: edns?.isDnssecOk ?? false, isCheckingDisabled };
    const servers = { count: Math.max(1, this.options.serverCount), first: this.preferredServer };
    const lookup = new UpstreamLookup(question, flags, servers, this.options, nowMs);
    const pending = { key, lookup, waiters: [waiter] };
    this.pendingByKey.set(key, pending);
    this.pendingBySocket.set(lookup.socket, pending);
  }

  private goOn(socket: SocketId, step: (lookup: UpstreamLookup) => Progress, nowMs: number): void {
    const pending = this.pendingBySocket.get(socket);
    if (!pending) return;
    this.pendingBySocket.delete(socket);
    const progress = step(pending.lookup);
    if (progress === 'asking') {
      this.pendingBySocket.set(pending.lookup.socket, pending);
      return;
    }
    this.pendingByKey.delete(pending.key);
    if (progress === 'failed') {
      this.count.failedLookups += 1;
      const outcome = emptyOutcome(DNS_RCODE_SERVER_FAILURE);
      this.cache.putFailure(pending.key, outcome, nowMs);
      this.deliverAll(pending, outcome);
      return;
    }
    const { outcome, messageBytes, serverIndex } = progress;
    this.preferredServer = serverIndex;
    this.deliverAll(pending, this.cache.put(pending.key, pending.lookup.question.type, outcome, messageBytes, nowMs));
  }

  private deliverAll({ waiters }: Pending, outcome: DnsOutcome): void {
    for (const { client } of waiters) {
      const left = (this.openByLink.get(client.link) ?? 1) - 1;
      if (left > 0) this.openByLink.set(client.link, left);
      else this.openByLink.delete(client.link);
    }
    this.openCount -= waiters.length;
    for (const waiter of waiters) {
      // A rule may have come while it waited.
      const { name, type } = waiter.query.question;
      this.deliver(waiter, waiter.client.isAllowed(name, type) ? outcome : this.refusal());
    }
  }

  private deliver({ query, client, reply }: Waiter, outcome: DnsOutcome): void {
    const addresses = addressesIn(outcome.answers);
    if (addresses.length > 0) this.options.onAnswer(client.link, query.question.name, addresses);
    reply(writeReply(query, outcome, client.transport));
  }
}

/** Questions with one key have one answer: DNSSEC's records and unvalidated data are only for those who want them. */
function keyOf({ question, edns, isCheckingDisabled }: DnsQuery): string {
  const flags = (edns?.isDnssecOk ? 1 : 0) + (isCheckingDisabled ? 2 : 0);
  return `${question.name} ${question.type} ${question.class} ${flags}`;
}

function addressesIn(answers: readonly DnsRecord[]): IpAddress[] {
  const addresses: IpAddress[] = [];
  for (const { type, class: ofClass, data } of answers) {
    if (ofClass !== DNS_CLASS_IN) continue;
    if (type === DNS_TYPE_A && data.length === 4) addresses.push(addressAt(data, 0, 4));
    else if (type === DNS_TYPE_AAAA && data.length === 16) addresses.push(addressAt(data, 0, 16));
  }
  return addresses;
}
