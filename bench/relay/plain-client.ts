import { QUEUE_BYTES, type ByteStream, type Dialler } from './byte-stream.ts';
import { ClientSocket } from './client-socket.ts';

/** The guest's side of the baseline (plain-copy.ts): one connection at a time. */
export class PlainClient implements Dialler {
  private readonly socket: ClientSocket;
  private readonly messageBytes: number;
  private stream: ByteStream | null = null;
  private opened: ((stream: ByteStream) => void) | null = null;

  private constructor(socket: ClientSocket, messageBytes: number) {
    this.socket = socket;
    this.messageBytes = messageBytes;
    socket.ws.on('message', (data, isBinary) => {
      if (!(data instanceof Buffer)) return;
      if (isBinary) this.stream?.onData(data);
      else if (data.toString() === 'ended') this.stream?.onEnd();
      else this.settleOpen();
    });
    socket.ws.on('close', () => this.stream?.onFailure('closed'));
  }

  static async connect(url: string, messageBytes: number): Promise<PlainClient> {
    return new PlainClient(await ClientSocket.open(`${url}?messageBytes=${messageBytes}`), messageBytes);
  }

  open(port: number): Promise<ByteStream> {
    return new Promise((resolve) => {
      this.opened = resolve;
      this.socket.ws.send(`open ${port}`);
    });
  }

  close(): void {
    this.stream = null;
    this.socket.ws.terminate();
  }

  private settleOpen(): void {
    const { ws } = this.socket;
    let isFull = false;
    const sent = (): void => {
      if (!isFull || ws.bufferedAmount >= QUEUE_BYTES / 2) return;
      isFull = false;
      stream.onSpace();
    };
    const stream: ByteStream = {
      send: (bytes) => {
        for (let at = 0; at < bytes.byteLength; at += this.messageBytes) {
          this.socket.send(bytes.subarray(at, at + this.messageBytes), sent);
        }
        if (ws.bufferedAmount >= QUEUE_BYTES) isFull = true;
      },
      get queuedBytes() {
        return ws.bufferedAmount;
      },
      end: () => ws.send('end'),
      abort: () => ws.send('abort'),
      onData: () => undefined,
      onEnd: () => undefined,
      onSpace: () => undefined,
      onFailure: () => undefined,
    };
    this.stream = stream;
    this.opened?.(stream);
  }
}
