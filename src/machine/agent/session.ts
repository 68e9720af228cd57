import { FailureError } from '../../shared/result.ts';
import { ByteCollector } from '../byte-collector.ts';
import type { ExecRequest, ExecResult } from '../guest-api.ts';
import { guestFailure } from './errno.ts';
import {
  encodeFrame,
  encodeGreeting,
  FrameReader,
  FROM_GUEST,
  NONCE_BYTES,
  SEND_PAYLOAD_MAX_BYTES,
  TO_GUEST,
  type Frame,
} from './frames.ts';
import { execBody } from './request-body.ts';
import { startFailure } from './start-failure.ts';

/** The agent takes 64 programs and calls at a time. A few are kept for calls, so that a full house can still be managed. */
const COMMANDS_MAX = 56;
const CALLS_MAX = 64;
/** Of one call's answer: a folder of a hundred thousand entries fits. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024;
/** Of all answers that are not complete. More than one of the longest at a time is a guest that wants our memory. */
const ANSWERS_MAX_BYTES = 4 * ANSWER_MAX_BYTES;
/** How much a program may have printed before its reader said that it took it, each stream; the agent counts alike. */
export const OUTPUT_WINDOW_BYTES = 262_144;
/** How much input may be on its way to a program. */
export const INPUT_WINDOW_BYTES = 65_536;
/** A line of the guest's news, as the agent bounds it. */
const NEWS_MAX_BYTES = 200;
/** Linux errno fits many times; a status beyond is no status. */
const STATUS_MAX = 4095;
/** After a guest said what is no frame; a hostile one can make no more work than this. */
const REPEAT_AFTER_MS = 1000;
const SIGKILL = 9;

export interface AgentPorts {
  send(bytes: Uint8Array): void;
  /** A line from the guest: `off`, `reboot`, `lease`, `flow …`. Text of the guest, printable ASCII. */
  news(line: string): void;
  /** The agent answers, or does not any more. */
  isUp(isUp: boolean): void;
  nowMs(): number;
  randomBytes(count: number): Uint8Array;
  /** Runs later; returns a function that cancels. */
  timer(afterMs: number, run: () => void): () => void;
}

/** What a program does that runs in the guest. Exactly one of `refused`, `ended` and `lost` is its end. */
export interface CommandEvents {
  started(): void;
  refused(failure: FailureError): void;
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** So much of its input is in its hands. */
  taken(bytes: number): void;
  ended(result: ExecResult): void;
  lost(failure: FailureError): void;
}

/** A program that runs in the guest, or is about to. After its end nothing here does anything. */
export interface Command {
  /** At most {@link INPUT_WINDOW_BYTES} may be sent and not taken. */
  input(bytes: Uint8Array): void;
  endInput(): void;
  /** So much of an output was taken by its reader. */
  took(stream: 'stdout' | 'stderr', bytes: number): void;
  signal(number: number): void;
  resize(columns: number, rows: number): void;
}

interface PendingCall {
  readonly what: string;
  readonly answer: ByteCollector;
  resolve(answer: Uint8Array): void;
  reject(cause: Error): void;
  cancelTimer(): void;
}

interface RunningCommand {
  readonly argv: readonly string[];
  readonly events: CommandEvents;
  readonly unread: Record<'stdout' | 'stderr', number>;
  inputInFlight: number;
  hasStarted: boolean;
}

/**
 * The host's end of the guest agent: a session that begins with a greeting, and in it calls and programs. A machine that
 * was restored holds the agent of an earlier life; the greeting ends whatever that had begun. The guest is hostile:
 * everything it says is bounded, and what makes no sense ends the session and begins another.
 */
export class AgentSession {
  private readonly ports: AgentPorts;
  private readonly reader = new FrameReader();
  private state: 'silent' | 'greeting' | 'up' = 'silent';
  private nonce = new Uint8Array(NONCE_BYTES);
  private tag = 0;
  private nextId = 1;
  private readonly calls = new Map<number, PendingCall>();
  private readonly commands = new Map<number, RunningCommand>();
  private hostName: string | null = null;
  /** While it is set, the guest gets no other greeting for what it said. */
  private cancelRepeat: (() => void) | null = null;
  private greetedAtMs = 0;
  private receivedAtMs = 0;

  constructor(ports: AgentPorts) {
    this.ports = ports;
  }

  /** The host name that the guest gets with the next greeting. */
  setHostName(name: string | null): void {
    this.hostName = name;
  }

  /** Begins a session, ending the one there is. `isUp` tells when the agent has answered. */
  greet(): void {
    this.end('The connection to the VM was begun anew.');
    this.cancelRepeat?.();
    this.cancelRepeat = null;
    this.nonce = this.ports.randomBytes(NONCE_BYTES).slice();
    const random = this.ports.randomBytes(36);
    this.tag = new DataView(random.buffer, random.byteOffset).getUint32(0, true);
    this.state = 'greeting';
    this.greetedAtMs = this.ports.nowMs();
    const { tag, nonce, hostName } = this;
    this.ports.send(encodeGreeting({ tag, nonce, hostName, nowMs: this.ports.nowMs(), entropy: random.subarray(4) }));
  }

  /** Begins a session unless one is about to begin: many may wait for the same. */
  greetIfSilent(): void {
    const sinceMs = Math.abs(this.ports.nowMs() - this.greetedAtMs);
    if (this.state === 'silent' || (this.state === 'greeting' && sinceMs >= REPEAT_AFTER_MS)) this.greet();
  }

  /** Bytes from the agent's console. */
  receive(bytes: Uint8Array): void {
    this.receivedAtMs = this.ports.nowMs();
    this.reader.receive(bytes, (news) => {
      switch (news.kind) {
        case 'mark':
          this.takeMark(news.nonce);
          break;
        case 'frame':
          if (!this.takeFrame(news.frame)) this.lose();
          break;
        case 'lost':
          this.lose();
          break;
      }
    });
  }

  /**
   * Has the agent do something.
   * @param what what did not happen if it fails, as the start of a sentence
   * @returns what it answered
   * @throws FailureError `guest-unresponsive` when no answer came in time, what the guest's errno means otherwise
   */
  call(body: Uint8Array, what: string, timeoutMs: number): Promise<Uint8Array> {
    if (this.state !== 'up') return Promise.reject(notUp(what));
    if (this.calls.size >= CALLS_MAX) {
      return Promise.reject(new FailureError('busy', `${what}: the VM has not answered earlier requests yet.`));
    }
    const id = this.nextId++;
    const calledAtMs = this.ports.nowMs();
    return new Promise<Uint8Array>((resolve, reject) => {
      const cancelTimer = this.ports.timer(timeoutMs, () => {
        this.calls.delete(id);
        // What it does for nobody would keep a place of another.
        this.sendWords(TO_GUEST.signal, id, [SIGKILL]);
        // Ended within a frame, it began anew, and what it said of that was taken for the rest.
        if (this.reader.isWithinFrame && this.receivedAtMs <= calledAtMs) this.lose();
        const seconds = Math.round(timeoutMs / 1000);
        reject(
          new FailureError(
            'guest-unresponsive',
            `${what}: the VM did not answer within ${seconds} s. It may be busy, or its agent was ended; try again when it is quiet.`,
          ),
        );
      });
      this.calls.set(id, { what, answer: new ByteCollector(), resolve, reject, cancelTimer });
      this.sendBody(TO_GUEST.call, id, body);
    });
  }

  /** @throws FailureError `bad-input`, `limit`, `busy`, `guest-unresponsive` */
  start(request: ExecRequest, events: CommandEvents): Command {
    const body = execBody(request);
    if (this.state !== 'up') throw notUp('The command was not started');
    if (this.commands.size >= COMMANDS_MAX) {
      throw new FailureError(
        'busy',
        `The command was not started: ${COMMANDS_MAX} run in this VM already. Wait for one of them, or end it.`,
      );
    }
    const id = this.nextId++;
    const unread = { stdout: 0, stderr: 0 };
    const command: RunningCommand = { argv: request.argv, events, unread, inputInFlight: 0, hasStarted: false };
    this.commands.set(id, command);
    this.sendBody(TO_GUEST.exec, id, body);
    const ifRunning = (run: () => void): void => {
      if (this.commands.get(id) === command) run();
    };
    return {
      input: (bytes) =>
        ifRunning(() => {
          command.inputInFlight += bytes.byteLength;
          if (command.inputInFlight > INPUT_WINDOW_BYTES) throw new Error('more input than the window of a command');
          for (let at = 0; at < bytes.byteLength; at += SEND_PAYLOAD_MAX_BYTES) {
            this.send(TO_GUEST.input, id, bytes.subarray(at, at + SEND_PAYLOAD_MAX_BYTES));
          }
        }),
      endInput: () => ifRunning(() => this.send(TO_GUEST.input, id, new Uint8Array(0))),
      took: (stream, bytes) =>
        ifRunning(() => {
          const count = Math.min(bytes, command.unread[stream]);
          command.unread[stream] -= count;
          this.sendWords(TO_GUEST.credit, id, [stream === 'stdout' ? 0 : 1, count]);
        }),
      signal: (number) => ifRunning(() => this.sendWords(TO_GUEST.signal, id, [number])),
      resize: (columns, rows) => ifRunning(() => this.sendWords(TO_GUEST.window, id, [rows, columns])),
    };
  }

  private takeMark(nonce: Uint8Array): void {
    if (this.state === 'greeting' && nonce.every((byte, index) => byte === this.nonce[index])) {
      this.reader.expect(this.tag);
      this.state = 'up';
      this.ports.isUp(true);
    } else if (this.state !== 'up' && nonce.every((byte) => byte === 0)) {
      // An agent that has just begun. One that does so again and again is asked no more often than a lost one.
      if (this.cancelRepeat) return;
      this.greetAndRest(() => {
        if (this.state === 'greeting') this.greetAndRest(() => undefined);
      });
    }
  }

  /** @returns false for what an agent does not say */
  private takeFrame({ kind, id, payload }: Frame): boolean {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    switch (kind) {
      case FROM_GUEST.reply:
        return payload.byteLength >= 4 && this.takeReply(id, view.getInt32(0, true), payload.subarray(4));
      case FROM_GUEST.data:
        return this.takeData(id, payload);
      case FROM_GUEST.stdout:
        return this.takeOutput(id, 'stdout', payload);
      case FROM_GUEST.stderr:
        return this.takeOutput(id, 'stderr', payload);
      case FROM_GUEST.news:
        return this.takeNews(payload);
      default:
        return this.takeCommandFrame(kind, id, view);
    }
  }

  private takeReply(id: number, status: number, rest: Uint8Array): boolean {
    const call = this.calls.get(id);
    // Its time was over.
    if (!call) return true;
    if (status > 0 || status < -STATUS_MAX) return false;
    this.calls.delete(id);
    call.cancelTimer();
    if (status < 0) call.reject(guestFailure(-status, call.what));
    else {
      call.answer.push(rest);
      call.resolve(call.answer.take());
    }
    return true;
  }

  private takeData(id: number, payload: Uint8Array): boolean {
    const call = this.calls.get(id);
    if (!call) return true;
    call.answer.push(payload);
    if (call.answer.byteLength > ANSWER_MAX_BYTES) return false;
    let heldBytes = 0;
    for (const { answer } of this.calls.values()) heldBytes += answer.byteLength;
    return heldBytes <= ANSWERS_MAX_BYTES;
  }

  private takeOutput(id: number, stream: 'stdout' | 'stderr', payload: Uint8Array): boolean {
    const command = this.commands.get(id);
    if (!command || payload.byteLength === 0) return command !== undefined;
    command.unread[stream] += payload.byteLength;
    if (command.unread[stream] > OUTPUT_WINDOW_BYTES) return false;
    command.events.output(stream, payload);
    return true;
  }

  private takeCommandFrame(kind: number, id: number, view: DataView): boolean {
    const command = this.commands.get(id);
    if (!command) return false;
    const [first, second] = [0, 4].map((at) => (view.byteLength >= at + 4 ? view.getUint32(at, true) : null));
    if (kind === FROM_GUEST.started) {
      if (command.hasStarted) return false;
      command.hasStarted = true;
      command.events.started();
    } else if (kind === FROM_GUEST.taken) {
      if (typeof first !== 'number' || first === 0 || first > command.inputInFlight) return false;
      command.inputInFlight -= first;
      command.events.taken(first);
    } else {
      if (typeof first !== 'number' || typeof second !== 'number') return false;
      this.commands.delete(id);
      if (kind === FROM_GUEST.failed) command.events.refused(startFailure(first, second, command.argv));
      else if (first === 0) command.events.ended({ kind: 'exited', code: second & 0xff });
      else command.events.ended({ kind: 'signalled', signal: second & 0x7f });
    }
    return true;
  }

  private takeNews(payload: Uint8Array): boolean {
    if (payload.byteLength > NEWS_MAX_BYTES) return false;
    const isPlain = payload.every((byte) => byte >= 32 && byte < 127);
    if (isPlain) this.ports.news(String.fromCharCode(...payload));
    return true;
  }

  /** What came makes no sense: an agent that was started anew, or a guest that plays with us. */
  private lose(): void {
    if (this.state !== 'up') return;
    this.end('The agent in the VM said what nobody understands; it may have been ended.');
    this.repeatLater(() => {
      if (this.state !== 'up') this.greetAndRest(() => undefined);
    });
  }

  /** Whatever the guest says to it, it is not greeted again for a while. */
  private greetAndRest(afterwards: () => void): void {
    this.greet();
    this.repeatLater(afterwards);
  }

  private repeatLater(run: () => void): void {
    this.cancelRepeat?.();
    this.cancelRepeat = this.ports.timer(REPEAT_AFTER_MS, () => {
      this.cancelRepeat = null;
      run();
    });
  }

  private end(why: string): void {
    const wasUp = this.state === 'up';
    this.state = 'silent';
    this.reader.forget();
    for (const call of this.calls.values()) {
      call.cancelTimer();
      call.reject(new FailureError('guest-unresponsive', `${call.what}: ${why}`));
    }
    this.calls.clear();
    const commands = [...this.commands.values()];
    this.commands.clear();
    for (const { events } of commands)
      events.lost(new FailureError('guest-unresponsive', `The command was lost. ${why}`));
    if (wasUp) this.ports.isUp(false);
  }

  private sendBody(kind: number, id: number, body: Uint8Array): void {
    let at = 0;
    for (; body.byteLength - at > SEND_PAYLOAD_MAX_BYTES; at += SEND_PAYLOAD_MAX_BYTES) {
      this.send(TO_GUEST.part, id, body.subarray(at, at + SEND_PAYLOAD_MAX_BYTES));
    }
    this.send(kind, id, body.subarray(at));
  }

  private sendWords(kind: number, id: number, words: readonly number[]): void {
    const payload = new Uint8Array(4 * words.length);
    words.forEach((word, index) => new DataView(payload.buffer).setUint32(4 * index, word, true));
    this.send(kind, id, payload);
  }

  private send(kind: number, id: number, payload: Uint8Array): void {
    this.ports.send(encodeFrame(kind, id, payload, this.tag));
  }
}

function notUp(what: string): FailureError {
  return new FailureError('guest-unresponsive', `${what}: the agent in the VM does not answer.`);
}
