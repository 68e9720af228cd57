/*
 * Runs in the app's page, put there by terminal.spec.ts: it looks at the messages between the page and the
 * workers of its machines, so that the app needs nothing for it. It must not use anything of this module.
 */

/** What was seen of one flood: everything between its marks on one console of one machine. */
export interface TapReading {
  readonly byteCount: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** From the first mark to when the last byte was in the terminal. */
  readonly elapsedMs: number;
  /** What the page told the machine that it had drawn, of what it got meanwhile. */
  readonly undrawnBytes: number;
  readonly frameMs: readonly number[];
}

export interface Tap {
  /** Resolves once the flood with this number has ended and is drawn. */
  flood(number: number): Promise<TapReading>;
  /** Times from each key pressed in the page to the frame after its echo is drawn, of a machine that is not flooding. */
  takeEchoes(): number[];
  /** Bytes that arrived of a console, over all machines. */
  received(console: number): number;
}

export function installTap(): void {
  interface Scan {
    begun: boolean;
    pieces: Uint8Array<ArrayBuffer>[];
    beganMs: number;
    endsAtBytes: number | null;
    frameMs: number[];
    ended: ((reading: TapReading) => void) | null;
  }
  interface Output {
    readonly t: 'output';
    readonly console: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }
  const TAIL_BYTES = 512;
  const latin1 = new TextDecoder('latin1');
  const scans = new Map<number, Scan>();
  const received = new Map<number, number>();
  /** Of each console of each machine: how much came and was drawn, and what is on its way between, piece by piece. */
  interface Flow {
    received: number;
    drawn: number;
    readonly undrawn: number[];
  }
  const flows = new Map<object, Map<number, Flow>>();
  let flooding: object | null = null;
  let keyAtMs: number | null = null;
  let echoes: number[] = [];

  const flowOf = (machine: object, console: number): Flow => {
    const consoles = flows.get(machine) ?? new Map<number, Flow>();
    flows.set(machine, consoles);
    const flow = consoles.get(console) ?? { received: 0, drawn: 0, undrawn: [] };
    consoles.set(console, flow);
    return flow;
  };
  const whole = async (
    pieces: readonly Uint8Array<ArrayBuffer>[],
    endMark: string,
  ): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(await new Blob([...pieces]).arrayBuffer());
    const tail = bytes.subarray(-2 * TAIL_BYTES);
    return bytes.subarray(0, bytes.byteLength - tail.byteLength + latin1.decode(tail).lastIndexOf(endMark));
  };
  const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const look = (machine: object, { console, bytes }: Output): void => {
    received.set(console, (received.get(console) ?? 0) + bytes.byteLength);
    const flow = flowOf(machine, console);
    flow.received += bytes.byteLength;
    flow.undrawn.push(bytes.byteLength);
    if (console !== 0) return;
    for (const [number, scan] of scans) {
      if (scan.endsAtBytes !== null || (flooding !== null && machine !== flooding)) continue;
      if (!scan.begun) {
        const mark = `<begin ${number}>`;
        const at = latin1.decode(bytes).indexOf(mark);
        if (at < 0) continue;
        flooding = machine;
        scan.begun = true;
        scan.beganMs = performance.now();
        scan.pieces.push(bytes.slice(at + mark.length));
      } else scan.pieces.push(bytes);
      // Next to nothing follows the other mark, so it need not be looked for in all that comes.
      const last = scan.pieces.slice(-2).map((piece) => latin1.decode(piece.subarray(-TAIL_BYTES)));
      const end = last.join('').indexOf(`<end ${number}>`);
      if (end >= 0) scan.endsAtBytes = flow.received;
    }
  };
  const drew = (machine: object, console: number, bytes: number): void => {
    const flow = flowOf(machine, console);
    // What a machine showed before comes another way, and is confirmed, too.
    if (flow.undrawn[0] !== bytes) return;
    flow.undrawn.shift();
    flow.drawn += bytes;
    if (console === 0 && machine === flooding) {
      for (const [number, scan] of scans) {
        if (scan.endsAtBytes === null || flow.drawn < scan.endsAtBytes) continue;
        scans.delete(number);
        flooding = null;
        const { pieces, beganMs, frameMs, ended } = scan;
        const elapsedMs = performance.now() - beganMs;
        const undrawnBytes = flow.received - flow.drawn;
        void whole(pieces, `<end ${number}>`).then(async (bytes) => {
          ended?.({ byteCount: bytes.byteLength, sha256: await sha256(bytes), elapsedMs, undrawnBytes, frameMs });
        });
      }
    } else if (keyAtMs !== null && machine !== flooding) {
      const pressedAtMs = keyAtMs;
      keyAtMs = null;
      requestAnimationFrame(() => echoes.push(performance.now() - pressedAtMs));
    }
  };

  const seen = new WeakSet<Event>();
  const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
  const read = data?.get;
  if (!read) throw new Error('messages cannot be looked at');
  Object.defineProperty(MessageEvent.prototype, 'data', {
    ...data,
    get(this: MessageEvent): unknown {
      const message: unknown = read.call(this);
      if (this.target instanceof Worker && !seen.has(this)) {
        seen.add(this);
        const output = message as Partial<Output> | null;
        if (output?.t === 'output' && output.bytes !== undefined) look(this.target, output as Output);
      }
      return message;
    },
  });
  const post = Reflect.get(Worker.prototype, 'postMessage') as (this: Worker, ...args: unknown[]) => void;
  Worker.prototype.postMessage = function (this: Worker, ...args: unknown[]): void {
    const message = args[0] as { t?: string; console?: number; bytes?: number } | null;
    post.apply(this, args);
    if (message?.t === 'ack' && typeof message.console === 'number') drew(this, message.console, message.bytes ?? 0);
  };
  window.addEventListener('keydown', () => (keyAtMs = performance.now()), { capture: true });
  let lastFrameMs = performance.now();
  const frame = (): void => {
    const nowMs = performance.now();
    for (const scan of scans.values()) if (scan.begun) scan.frameMs.push(nowMs - lastFrameMs);
    lastFrameMs = nowMs;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  const tap: Tap = {
    flood: (number) =>
      new Promise((resolve) => {
        scans.set(number, {
          begun: false,
          pieces: [],
          beganMs: 0,
          endsAtBytes: null,
          frameMs: [],
          ended: resolve,
        });
      }),
    takeEchoes: () => {
      const taken = echoes;
      echoes = [];
      return taken;
    },
    received: (console) => received.get(console) ?? 0,
  };
  Object.assign(window, { terminalTap: tap });
}
