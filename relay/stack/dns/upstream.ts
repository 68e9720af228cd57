import type { SocketId } from '../effects.ts';
import {
  DNS_RCODE_FORMAT_ERROR,
  DNS_RCODE_NAME_ERROR,
  DNS_RCODE_NOT_IMPLEMENTED,
  DNS_RCODE_OK,
  DNS_TYPE_OPT,
  emitDns,
  parseDns,
  type DnsMessage,
  type DnsQuestion,
} from '../wire/dns.ts';
import { Malformed } from '../wire/malformed.ts';
import { ednsOf, ednsRecord } from './edns.ts';
import type { DnsOutcome } from './reply.ts';

export interface UpstreamQuestion {
  /** Counts the host's servers. */
  readonly serverIndex: number;
  readonly transport: 'udp' | 'tcp';
  readonly message: Uint8Array;
  readonly timeoutMs: number;
}

export interface UpstreamPorts {
  randomU32(): number;
  /** Asks one server once. The answer or failure comes later, never during the call. */
  ask(question: UpstreamQuestion): SocketId;
  /** Nothing more is wanted of a question that has not been answered. */
  cancel(socket: SocketId): void;
}

/** A server that answers does so within 100 ms; a lost packet costs this much. */
export const UDP_TIMEOUT_MS = 1500;
/** Connecting takes a round trip more, and the answer is long. */
const TCP_TIMEOUT_MS = 3000;
/** Then the guest's own resolver has asked again or given up (5 s is usual). */
export const LOOKUP_TIMEOUT_MS = 6000;
/** Bounds what servers with odd answers can make of one question; timeouts allow for four. */
const ASKED_MAX = 8;
/** What fits any path without fragments (DNS flag day 2020). */
const UDP_BYTES = 1232;
/** The host's timer and ours are not one: a failure this close to the deadline was the deadline. */
const DEADLINE_SLACK_MS = 100;

interface Attempt {
  readonly socket: SocketId;
  readonly id: number;
  readonly serverIndex: number;
  readonly transport: 'udp' | 'tcp';
  readonly hasEdns: boolean;
  readonly deadlineMs: number;
}

export interface UpstreamAnswer {
  readonly outcome: DnsOutcome;
  readonly messageBytes: number;
  readonly serverIndex: number;
}

/** What became of a question: `asking` goes on under a new socket, `failed` has tried everything. */
export type Progress = UpstreamAnswer | 'asking' | 'failed';

/**
 * One question on its way around the host's servers: the next one after a timeout or an unusable answer, TCP after a
 * truncated one, and without EDNS where a server does not know it.
 */
export class UpstreamLookup {
  readonly question: DnsQuestion;
  private readonly flags: { readonly isDnssecOk: boolean; readonly isCheckingDisabled: boolean };
  private readonly ports: UpstreamPorts;
  private readonly serverCount: number;
  private readonly giveUpMs: number;
  /** Servers that have said that they have no answer, which is not asked of them twice. */
  private readonly useless = new Set<number>();
  private asked = 0;
  private attempt: Attempt;

  constructor(
    question: DnsQuestion,
    flags: { isDnssecOk: boolean; isCheckingDisabled: boolean },
    servers: { count: number; first: number },
    ports: UpstreamPorts,
    nowMs: number,
  ) {
    this.question = question;
    this.flags = flags;
    this.ports = ports;
    this.serverCount = servers.count;
    this.giveUpMs = nowMs + LOOKUP_TIMEOUT_MS;
    this.attempt = this.ask(servers.first, 'udp', true, nowMs);
  }

  get socket(): SocketId {
    return this.attempt.socket;
  }

  get deadlineMs(): number {
    return this.attempt.deadlineMs;
  }

  cancel(): void {
    this.ports.cancel(this.attempt.socket);
  }

  answer(bytes: Uint8Array, nowMs: number): Progress {
    const { serverIndex, transport, hasEdns } = this.attempt;
    // A copy: records are views, and would keep whatever larger buffer these bytes are part of.
    const message = parseDns(bytes.slice());
    // Forged or broken: the true answer will not come on this socket any more.
    if (message instanceof Malformed || !this.isAnswer(message)) return this.askNext(nowMs);
    const knowsNoEdns = message.rcode === DNS_RCODE_FORMAT_ERROR || message.rcode === DNS_RCODE_NOT_IMPLEMENTED;
    if (hasEdns && knowsNoEdns) return this.askAgain(transport, false, nowMs);
    if (message.isTruncated) {
      if (transport === 'udp') return this.askAgain('tcp', hasEdns, nowMs);
      return this.giveUpOn(serverIndex, nowMs);
    }
    const extendedRcode = ednsOf(message.additionals)?.extendedRcode ?? 0;
    const isFinal = message.rcode === DNS_RCODE_OK || message.rcode === DNS_RCODE_NAME_ERROR;
    if (!isFinal || extendedRcode !== 0) return this.giveUpOn(serverIndex, nowMs);
    return { outcome: outcomeOf(message), messageBytes: bytes.length, serverIndex };
  }

  failed(nowMs: number): Progress {
    const wasTimeout = nowMs >= this.attempt.deadlineMs - DEADLINE_SLACK_MS;
    return wasTimeout ? this.askNext(nowMs) : this.giveUpOn(this.attempt.serverIndex, nowMs);
  }

  /** To be called when {@link deadlineMs} has come. */
  timedOut(nowMs: number): Progress {
    this.cancel();
    return this.askNext(nowMs);
  }

  private isAnswer(message: DnsMessage): boolean {
    if (!message.isResponse || message.opcode !== 0 || message.id !== this.attempt.id) return false;
    const [question, ...others] = message.questions;
    // A server that could not read the question may leave it out.
    if (!question) return message.rcode === DNS_RCODE_FORMAT_ERROR;
    const { name, type, class: ofClass } = this.question;
    return others.length === 0 && question.name === name && question.type === type && question.class === ofClass;
  }

  private giveUpOn(serverIndex: number, nowMs: number): Progress {
    this.useless.add(serverIndex);
    return this.askNext(nowMs);
  }

  private askNext(nowMs: number): Progress {
    for (let step = 1; step <= this.serverCount; step++) {
      const next = (this.attempt.serverIndex + step) % this.serverCount;
      if (!this.useless.has(next)) return this.askWithin(next, 'udp', true, nowMs);
    }
    return 'failed';
  }

  private askAgain(transport: 'udp' | 'tcp', hasEdns: boolean, nowMs: number): Progress {
    return this.askWithin(this.attempt.serverIndex, transport, hasEdns, nowMs);
  }

  private askWithin(serverIndex: number, transport: 'udp' | 'tcp', hasEdns: boolean, nowMs: number): Progress {
    if (this.asked >= ASKED_MAX || nowMs >= this.giveUpMs) return 'failed';
    this.attempt = this.ask(serverIndex, transport, hasEdns, nowMs);
    return 'asking';
  }

  private ask(serverIndex: number, transport: 'udp' | 'tcp', hasEdns: boolean, nowMs: number): Attempt {
    this.asked += 1;
    const usualMs = transport === 'udp' ? UDP_TIMEOUT_MS : TCP_TIMEOUT_MS;
    const timeoutMs = Math.max(1, Math.min(usualMs, this.giveUpMs - nowMs));
    // Unpredictable together with the port, which is new for every question (RFC 5452).
    const id = this.ports.randomU32() & 0xffff;
    const message = this.message(id, hasEdns);
    const socket = this.ports.ask({ serverIndex, transport, message, timeoutMs });
    return { socket, id, serverIndex, transport, hasEdns, deadlineMs: nowMs + timeoutMs };
  }

  private message(id: number, hasEdns: boolean): Uint8Array {
    const { isDnssecOk, isCheckingDisabled } = this.flags;
    return emitDns({
      id,
      isResponse: false,
      opcode: 0,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: true,
      isRecursionAvailable: false,
      // Asks to be told whether the answer was validated (RFC 6840, 5.7).
      isAuthenticData: true,
      isCheckingDisabled,
      rcode: 0,
      questions: [this.question],
      answers: [],
      authorities: [],
      additionals: hasEdns ? [ednsRecord({ udpBytes: UDP_BYTES, version: 0, isDnssecOk, extendedRcode: 0 })] : [],
    });
  }
}

function outcomeOf(message: DnsMessage): DnsOutcome {
  return {
    rcode: message.rcode,
    isAuthoritative: false,
    isAuthenticData: message.isAuthenticData,
    answers: message.answers,
    authorities: message.authorities,
    additionals: message.additionals.filter(({ type }) => type !== DNS_TYPE_OPT),
    extendedError: null,
  };
}
