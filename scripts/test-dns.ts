import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { addressBytes, addressFamily } from '../relay/stack/wire/address.ts';
import {
  DNS_CLASS_IN,
  DNS_RCODE_NAME_ERROR,
  DNS_RCODE_OK,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  DNS_TYPE_TXT,
  emitDns,
  parseDns,
  type DnsRecord,
} from '../relay/stack/wire/dns.ts';
import { Malformed } from '../relay/stack/wire/malformed.ts';

/** What a name is: addresses of both families and texts (of at most 255 characters); null when it does not exist. */
export interface TestName {
  readonly addresses?: readonly string[];
  readonly texts?: readonly string[];
  readonly ttlS?: number;
}

/** UDP answers are cut off above this, as by a server of before EDNS. */
const UDP_MAX_BYTES = 512;

/** A name server on this computer's loopback, over UDP and TCP. */
export class TestDns {
  /** `name type transport` of every question, in order. */
  readonly questions: string[] = [];
  readonly port: number;
  readonly close: () => void;
  private readonly lookUp: (name: string) => TestName | null;

  private constructor(lookUp: (name: string) => TestName | null, port: number, close: () => void) {
    this.lookUp = lookUp;
    this.port = port;
    this.close = close;
  }

  static async start(lookUp: (name: string) => TestName | null): Promise<TestDns> {
    const tcp = createServer();
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket('udp4');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    const server = new TestDns(lookUp, port, () => {
      udp.close();
      tcp.close();
    });
    udp.on('message', (question, peer) => {
      const answer = server.answer(question, 'udp');
      if (answer) udp.send(answer, peer.port, peer.address);
    });
    tcp.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      let received = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.byteLength < 2 || received.byteLength < 2 + received.readUInt16BE(0)) return;
        const answer = server.answer(received.subarray(2, 2 + received.readUInt16BE(0)), 'tcp');
        if (!answer) return void socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.byteLength);
        socket.end(Buffer.concat([length, answer]));
      });
    });
    return server;
  }

  private answer(bytes: Uint8Array, transport: 'udp' | 'tcp'): Uint8Array | null {
    const message = parseDns(bytes);
    const question = message instanceof Malformed ? undefined : message.questions[0];
    if (message instanceof Malformed || question === undefined) return null;
    this.questions.push(`${question.name} ${question.type} ${transport}`);
    const found = this.lookUp(question.name);
    const answers = found === null ? [] : records(question.name, question.type, found);
    const reply = {
      ...message,
      isResponse: true,
      isRecursionAvailable: true,
      rcode: found === null ? DNS_RCODE_NAME_ERROR : DNS_RCODE_OK,
      answers,
      authorities: [],
      additionals: [],
    };
    const whole = emitDns(reply);
    if (transport === 'tcp' || whole.byteLength <= UDP_MAX_BYTES) return whole;
    return emitDns({ ...reply, isTruncated: true, answers: [] });
  }
}

function records(name: string, type: number, { addresses = [], texts = [], ttlS = 60 }: TestName): DnsRecord[] {
  const all = [
    ...addresses.map((address) => ({
      type: addressFamily(address) === 4 ? DNS_TYPE_A : DNS_TYPE_AAAA,
      data: addressBytes(address),
    })),
    ...texts.map((text) => ({ type: DNS_TYPE_TXT, data: Buffer.concat([Buffer.of(text.length), Buffer.from(text)]) })),
  ];
  return all.filter((each) => each.type === type).map((each) => ({ ...each, name, class: DNS_CLASS_IN, ttlS }));
}
