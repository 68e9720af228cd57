import { describe, expect, it } from 'vitest';
import { LINK_WINDOW_BYTES, SUPER_FRAME_BYTES } from '../shared/link/frame-link.ts';
import { webSocketLink, type WebSocketLike } from './websocket-link.ts';

interface FakeEvent {
  readonly data: unknown;
  readonly code: number;
}

class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  readyState = 0;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  readonly url: string;
  private readonly listeners: { event: string; run: (event: FakeEvent) => void }[] = [];

  constructor(url: string) {
    this.url = url;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }
  close(): void {
    this.end();
  }
  addEventListener(event: string, run: (event: FakeEvent) => void): void {
    this.listeners.push({ event, run });
  }
  open(): void {
    this.readyState = 1;
    this.emit('open');
  }
  end(code = 1006): void {
    this.readyState = 3;
    this.emit('close', null, code);
  }
  message(data: unknown): void {
    this.emit('message', data);
  }
  private emit(event: string, data: unknown = null, code = 0): void {
    for (const each of this.listeners) if (each.event === event) each.run({ data, code });
  }
}

function setUp(takes?: number) {
  const sockets: FakeSocket[] = [];
  const timers: { afterMs: number; run: () => void; isCancelled: boolean }[] = [];
  const link = webSocketLink({
    url: 'ws://127.0.0.1:7777/?token=secret',
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    timer: (afterMs, run) => {
      const timer = { afterMs, run, isCancelled: false };
      timers.push(timer);
      return () => {
        timer.isCancelled = true;
      };
    },
    ...(takes === undefined ? {} : { takes }),
  });
  const newest = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error('the link opened no connection');
    return socket;
  };
  return { link, sockets, timers, newest };
}

const frameOf = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(5);

describe('a link over a WebSocket', () => {
  it('sends and receives one frame a message', () => {
    const { link, newest } = setUp();
    const received: Uint8Array[] = [];
    link.onFrame((frame) => received.push(frame));
    newest().open();
    expect(newest().binaryType).toBe('arraybuffer');
    link.send(frameOf(60));
    newest().message(frameOf(80).buffer);
    expect(newest().sent).toEqual([frameOf(60)]);
    expect(received).toEqual([frameOf(80)]);
    expect(link.counters).toMatchObject({ framesSent: 1, bytesSent: 60, framesReceived: 1, bytesReceived: 80 });
  });

  it('asks for long frames in the address, and again when the machine takes others', () => {
    const { link, sockets, newest } = setUp(SUPER_FRAME_BYTES);
    expect(newest().url).toBe('ws://127.0.0.1:7777/?token=secret&maxFrame=65549');
    newest().open();
    link.announce(SUPER_FRAME_BYTES);
    expect(sockets).toHaveLength(1);
    link.announce(1514);
    expect(sockets.map(({ readyState }) => readyState)).toEqual([3, 0]);
    expect(newest().url).toBe('ws://127.0.0.1:7777/?token=secret');
    expect(link.maxFrameBytes).toBe(1514);
  });

  it('drops frames while there is no connection, when it is full, and of the wrong length', () => {
    const { link, newest } = setUp();
    link.send(frameOf(60));
    newest().open();
    link.send(frameOf(1515));
    link.send(frameOf(13));
    newest().bufferedAmount = LINK_WINDOW_BYTES;
    link.send(frameOf(60));
    expect(newest().sent).toEqual([]);
    expect(link.counters.framesDropped).toBe(4);
    expect(link.backlogBytes).toBe(LINK_WINDOW_BYTES);
  });

  it('counts messages that are no frames', () => {
    const { link, newest } = setUp();
    newest().open();
    for (const data of ['text', null, new ArrayBuffer(13), new ArrayBuffer(1515)]) newest().message(data);
    expect(link.counters).toMatchObject({ malformed: 4, framesReceived: 0 });
  });

  it('connects again after a loss, by and by less often, and soon again after it worked', () => {
    const { link, sockets, timers, newest } = setUp();
    for (let attempt = 0; attempt < 9; attempt += 1) {
      newest().end();
      timers.at(-1)?.run();
    }
    expect(timers.map(({ afterMs }) => afterMs)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    newest().open();
    newest().end();
    expect(timers.at(-1)?.afterMs).toBe(100);
    timers.at(-1)?.run();
    newest().open();
    link.send(frameOf(60));
    expect(newest().sent).toHaveLength(1);
    expect(sockets).toHaveLength(11);
  });

  it('does not take its place back at once from somebody who came with the same token', () => {
    const { timers, newest } = setUp();
    newest().open();
    newest().end(4001);
    expect(timers.map(({ afterMs }) => afterMs)).toEqual([5000]);
  });

  it('does not hear a connection it has left behind', () => {
    const { link, sockets, timers } = setUp();
    const received: Uint8Array[] = [];
    link.onFrame((frame) => received.push(frame));
    link.announce(SUPER_FRAME_BYTES);
    sockets[0]?.message(frameOf(60).buffer);
    sockets[0]?.end();
    expect(received).toEqual([]);
    expect(timers).toEqual([]);
  });

  it('ends for good when it is closed', () => {
    const { link, sockets, timers, newest } = setUp();
    let ends = 0;
    link.onClose(() => {
      ends += 1;
    });
    newest().open();
    newest().end();
    link.close();
    link.close();
    expect(ends).toBe(1);
    expect(timers.every(({ isCancelled }) => isCancelled)).toBe(true);
    expect(sockets).toHaveLength(1);
  });
});
