import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BOOT_REPLY, BOOT_REQUEST, emitDhcp, parseDhcp, type DhcpMessage } from '../wire/dhcp.ts';
import { Malformed } from '../wire/malformed.ts';
import * as o from './options.ts';
import { DhcpServer } from './server.ts';

const LEASE_S = 3600;
const MAC = '02:00:00:00:00:01';
const SERVER = '10.0.2.2';

function serverOf(lastAddress = '10.0.2.20'): DhcpServer {
  return new DhcpServer({
    firstAddress: '10.0.2.15',
    lastAddress,
    serverAddress: SERVER,
    router: SERVER,
    dnsServer: '10.0.2.3',
    netmask: '255.255.255.0',
    broadcast: '10.0.2.255',
    mtuBytes: 1500,
    domain: 'terrarium',
    leaseS: LEASE_S,
  });
}

interface Fields extends Partial<Omit<DhcpMessage, 'options'>> {
  readonly options?: readonly (readonly [number, Uint8Array])[];
}

function message(type: number, { options = [], ...fields }: Fields = {}): DhcpMessage {
  const zero = '0.0.0.0';
  return {
    op: BOOT_REQUEST,
    xid: 0x1234,
    secs: 1,
    broadcast: false,
    ciaddr: zero,
    yiaddr: zero,
    siaddr: zero,
    giaddr: zero,
    chaddr: MAC,
    options: new Map([[o.OPTION_MESSAGE_TYPE, o.u8Option(type)], ...options]),
    ...fields,
  };
}

const wanting = (address: string): readonly [number, Uint8Array] => [
  o.OPTION_REQUESTED_ADDRESS,
  o.addressOption(address),
];
const to = (server: string): readonly [number, Uint8Array] => [o.OPTION_SERVER_ID, o.addressOption(server)];

/** Sends over the wire and back. */
function send(server: DhcpServer, sent: DhcpMessage, key = 'vm', nowMs = 0): DhcpMessage | null {
  const parsed = parseDhcp(emitDhcp(sent));
  if (parsed instanceof Malformed) throw new Error(parsed.reason);
  const reply = server.receive(parsed, { key, hostName: `${key}-name` }, nowMs);
  if (reply === null) return null;
  const back = parseDhcp(emitDhcp(reply));
  if (back instanceof Malformed) throw new Error(back.reason);
  expect(back.op).toBe(BOOT_REPLY);
  expect(back.xid).toBe(sent.xid);
  expect(back.chaddr).toBe(sent.chaddr);
  expect(o.readAddress(back.options, o.OPTION_SERVER_ID)).toBe(SERVER);
  return back;
}

const typeOf = (reply: DhcpMessage | null): number | null => reply && o.readU8(reply.options, o.OPTION_MESSAGE_TYPE);

/** DISCOVER, OFFER, REQUEST, ACK. */
function join(server: DhcpServer, key = 'vm', nowMs = 0): string {
  const offer = send(server, message(o.DISCOVER), key, nowMs);
  expect(typeOf(offer)).toBe(o.OFFER);
  const address = offer?.yiaddr ?? '';
  const ack = send(server, message(o.REQUEST, { options: [wanting(address), to(SERVER)] }), key, nowMs);
  expect(typeOf(ack)).toBe(o.ACK);
  expect(ack?.yiaddr).toBe(address);
  return address;
}

describe('a new client', () => {
  test('gets the first address and everything to use it', () => {
    const server = serverOf();
    const offer = send(server, message(o.DISCOVER));
    const at = (code: number): number[] => [...(offer?.options.get(code) ?? [])];
    expect(offer?.yiaddr).toBe('10.0.2.15');
    expect(at(o.OPTION_SUBNET_MASK)).toEqual([255, 255, 255, 0]);
    expect(at(o.OPTION_ROUTER)).toEqual([10, 0, 2, 2]);
    expect(at(o.OPTION_DNS)).toEqual([10, 0, 2, 3]);
    expect(String.fromCharCode(...at(o.OPTION_HOST_NAME))).toBe('vm-name');
    expect(String.fromCharCode(...at(o.OPTION_DOMAIN))).toBe('terrarium');
    expect(at(o.OPTION_MTU)).toEqual([5, 220]);
    expect(at(o.OPTION_BROADCAST)).toEqual([10, 0, 2, 255]);
    expect(at(o.OPTION_LEASE_TIME)).toEqual([0, 0, 14, 16]);
    expect(at(o.OPTION_RENEWAL_TIME)).toEqual([0, 0, 7, 8]);
    expect(at(o.OPTION_REBINDING_TIME)).toEqual([0, 0, 12, 78]);
    expect(server.leaseOf('vm')).toBeNull();
    expect(join(server)).toBe('10.0.2.15');
    expect(server.leaseOf('vm')).toBe('10.0.2.15');
  });

  test('gets the parameters it asks for, in its order, and its identifier back', () => {
    const id = Uint8Array.of(1, 2, 0, 0, 0, 0, 1);
    const list = Uint8Array.of(o.OPTION_DNS, 99, o.OPTION_ROUTER, o.OPTION_SUBNET_MASK);
    const options = [[o.OPTION_PARAMETER_LIST, list] as const, [o.OPTION_CLIENT_ID, id] as const];
    const offer = send(serverOf(), message(o.DISCOVER, { broadcast: true, options }));
    expect([...(offer?.options.keys() ?? [])]).toEqual([53, 54, 51, 6, 3, 1, 61]);
    expect([...(offer?.options.get(o.OPTION_CLIENT_ID) ?? [])]).toEqual([...id]);
    expect(offer?.broadcast).toBe(true);
  });

  test('may ask for a shorter lease, not for a longer one', () => {
    const lasting = (wantedS: number): number | null => {
      const offer = send(serverOf(), message(o.DISCOVER, { options: [[o.OPTION_LEASE_TIME, o.u32Option(wantedS)]] }));
      return offer && o.readU32(offer.options, o.OPTION_LEASE_TIME);
    };
    expect([lasting(600), lasting(0xffffffff), lasting(1)]).toEqual([600, LEASE_S, 60]);
  });

  test('is another than one with the same hardware address', () => {
    const server = serverOf();
    expect([join(server, 'a'), join(server, 'b')]).toEqual(['10.0.2.15', '10.0.2.16']);
    expect([server.leaseOf('a'), server.leaseOf('b')]).toEqual(['10.0.2.15', '10.0.2.16']);
  });

  test('gets silence when the pool is empty', () => {
    const server = serverOf('10.0.2.16');
    join(server, 'a');
    join(server, 'b');
    expect(send(server, message(o.DISCOVER), 'c')).toBeNull();
  });
});

describe('REQUEST', () => {
  test('selecting another server frees the offer', () => {
    const server = serverOf('10.0.2.15');
    send(server, message(o.DISCOVER), 'a');
    expect(send(server, message(o.DISCOVER), 'b')).toBeNull();
    expect(send(server, message(o.REQUEST, { options: [wanting('192.168.0.5'), to('192.168.0.1')] }), 'a')).toBeNull();
    expect(send(server, message(o.DISCOVER), 'b')?.yiaddr).toBe('10.0.2.15');
  });

  test('selecting another address than the offered is refused', () => {
    const server = serverOf();
    send(server, message(o.DISCOVER));
    const nak = send(server, message(o.REQUEST, { options: [wanting('10.0.2.16'), to(SERVER)] }));
    expect(typeOf(nak)).toBe(o.NAK);
    expect(nak).toMatchObject({ yiaddr: '0.0.0.0', ciaddr: '0.0.0.0', broadcast: true });
    expect([...(nak?.options.keys() ?? [])]).toEqual([53, 54, 56]);
  });

  test('init-reboot: its own address, another’s, another network’s', () => {
    const server = serverOf();
    join(server, 'a');
    const reboot = (key: string, address: string): number | null =>
      typeOf(send(server, message(o.REQUEST, { options: [wanting(address)] }), key, 1000));
    expect(reboot('a', '10.0.2.15')).toBe(o.ACK);
    expect(reboot('fork', '10.0.2.15')).toBe(o.NAK);
    expect(reboot('a', '192.168.1.7')).toBe(o.NAK);
    expect(reboot('b', '192.168.1.7')).toBe(o.NAK);
    expect(server.leaseOf('a')).toBe('10.0.2.15');
    expect(join(server, 'fork')).toBe('10.0.2.16');
  });

  test('after the relay was restarted a guest keeps its address', () => {
    const server = serverOf();
    expect(typeOf(send(server, message(o.REQUEST, { options: [wanting('10.0.2.18')] }), 'a'))).toBe(o.ACK);
    expect(typeOf(send(server, message(o.REQUEST, { ciaddr: '10.0.2.17' }), 'b'))).toBe(o.ACK);
    expect([server.leaseOf('a'), server.leaseOf('b')]).toEqual(['10.0.2.18', '10.0.2.17']);
  });

  test('renewing and rebinding lengthen the lease', () => {
    const server = serverOf();
    join(server);
    for (const [broadcast, atS] of [
      [false, LEASE_S / 2],
      [true, LEASE_S],
    ] as const) {
      const ack = send(server, message(o.REQUEST, { ciaddr: '10.0.2.15', broadcast }), 'vm', 1000 * atS);
      expect(typeOf(ack)).toBe(o.ACK);
      expect(ack).toMatchObject({ yiaddr: '10.0.2.15', ciaddr: '10.0.2.15' });
    }
    expect(server.leaseOf('vm', 2000 * LEASE_S - 1)).toBe('10.0.2.15');
    expect(server.leaseOf('vm', 2000 * LEASE_S)).toBeNull();
  });

  test('renewing what is another’s by now is refused', () => {
    const server = serverOf('10.0.2.15');
    join(server, 'a', 0);
    join(server, 'b', 1000 * LEASE_S);
    const renewal = message(o.REQUEST, { ciaddr: '10.0.2.15' });
    expect(typeOf(send(server, renewal, 'a', 1000 * LEASE_S + 1))).toBe(o.NAK);
    expect(server.leaseOf('b')).toBe('10.0.2.15');
  });
});

describe('the rest of a lease', () => {
  test('RELEASE gives the address back, and the same client gets it again', () => {
    const server = serverOf();
    join(server, 'a');
    send(server, message(o.RELEASE, { ciaddr: '10.0.2.99', options: [to(SERVER)] }), 'a', 1);
    send(server, message(o.RELEASE, { ciaddr: '10.0.2.15', options: [to('10.0.2.9')] }), 'a', 1);
    send(server, message(o.RELEASE, { ciaddr: '10.0.2.15', options: [to(SERVER)] }), 'b', 1);
    expect(server.leaseOf('a')).toBe('10.0.2.15');
    expect(send(server, message(o.RELEASE, { ciaddr: '10.0.2.15', options: [to(SERVER)] }), 'a', 1)).toBeNull();
    expect(server.leaseOf('a')).toBeNull();
    expect(join(server, 'b', 2)).toBe('10.0.2.16');
    expect(join(server, 'a', 3)).toBe('10.0.2.15');
  });

  test('DECLINE sets the address aside', () => {
    const server = serverOf();
    const address = join(server);
    expect(send(server, message(o.DECLINE, { options: [wanting(address), to(SERVER)] }))).toBeNull();
    expect(server.leaseOf('vm')).toBeNull();
    expect(join(server)).toBe('10.0.2.16');
    expect(typeOf(send(server, message(o.REQUEST, { options: [wanting(address)] }), 'b'))).toBe(o.NAK);
  });

  test('INFORM is told everything but an address and a lease', () => {
    const ack = send(serverOf(), message(o.INFORM, { ciaddr: '10.0.2.200' }));
    expect(typeOf(ack)).toBe(o.ACK);
    expect(ack).toMatchObject({ yiaddr: '0.0.0.0', ciaddr: '10.0.2.200' });
    expect(ack?.options.has(o.OPTION_DNS)).toBe(true);
    for (const code of [51, 58, 59]) expect(ack?.options.has(code)).toBe(false);
    expect(send(serverOf(), message(o.INFORM))).toBeNull();
  });

  test('a VM that is forgotten leaves nothing', () => {
    const server = serverOf('10.0.2.15');
    join(server, 'a');
    server.release('a');
    expect(server.leases()).toEqual([]);
    server.forget('a');
    expect(join(server, 'b')).toBe('10.0.2.15');
  });
});

test('what is no request to this server is not answered', () => {
  const server = serverOf();
  const client = { key: 'vm', hostName: null };
  expect(server.receive(message(o.DISCOVER, { op: BOOT_REPLY }), client, 0)).toBeNull();
  expect(server.receive(message(o.DISCOVER, { giaddr: '10.0.2.99' }), client, 0)).toBeNull();
  expect(server.receive(message(o.OFFER), client, 0)).toBeNull();
  expect(server.receive({ ...message(o.DISCOVER), options: new Map() }, client, 0)).toBeNull();
  expect(server.receive(message(o.REQUEST), client, 0)).toBeNull();
  expect(server.receive(message(o.REQUEST, { options: [[50, Uint8Array.of(1)]] }), client, 0)).toBeNull();
});

test('no two clients are acknowledged one address, whatever they send', () => {
  const address = fc.constantFrom('0.0.0.0', '10.0.2.15', '10.0.2.16', '10.0.2.17', '10.0.2.30', '192.168.1.1');
  const step = fc.record({
    type: fc.constantFrom(o.DISCOVER, o.REQUEST, o.REQUEST, o.DECLINE, o.RELEASE, o.INFORM),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    ciaddr: address,
    requested: fc.option(address),
    server: fc.option(fc.constantFrom(SERVER, '10.9.9.9')),
    waitS: fc.constantFrom(0, 1, 61, 1800, 3600),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const server = serverOf('10.0.2.17');
      const held = new Map<string, { key: string; untilMs: number }>();
      let nowMs = 0;
      for (const { type, key, ciaddr, requested, server: chosen, waitS } of steps) {
        nowMs += 1000 * waitS;
        const options = [...(requested === null ? [] : [wanting(requested)]), ...(chosen === null ? [] : [to(chosen)])];
        const reply = send(server, message(type, { ciaddr, options }), key, nowMs);
        for (const [held_, { key: holder }] of held) if (server.leaseOf(holder) !== held_) held.delete(held_);
        if (typeOf(reply) === o.ACK && type === o.REQUEST) {
          const granted = reply?.yiaddr ?? '';
          const before = held.get(granted);
          if (before && before.untilMs > nowMs) expect(before.key).toBe(key);
          held.set(granted, { key, untilMs: nowMs + 1000 * LEASE_S });
        }
        const live = server.leases(nowMs);
        expect(new Set(live.map((lease) => lease.address)).size).toBe(live.length);
      }
    }),
    { numRuns: 300 },
  );
});
