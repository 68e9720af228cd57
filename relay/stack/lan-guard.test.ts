import { describe, expect, it } from 'vitest';
import { TestNetwork, type TestGuest } from './network.fixture.ts';
import { BROADCAST_MAC } from './wire/address.ts';
import { emitArp } from './wire/arp.ts';
import { emitEthernet, ETHERTYPE_ARP, ETHERTYPE_IPV6 } from './wire/ethernet.ts';
import { emitIcmpv6, type Icmpv6Message } from './wire/icmpv6.ts';
import { PROTOCOL_ICMPV6, PROTOCOL_UDP } from './wire/ipv4.ts';
import { emitIpv6Fragment } from './wire/ipv6.ts';
import { emitUdp } from './wire/udp.ts';

const ATTACKER = '02:00:00:00:00:aa';
const VICTIM = '02:00:00:00:00:bb';

function lan(): { attacker: TestGuest; victim: TestGuest } {
  const net = new TestNetwork();
  const attacker = net.guest({ lan: 'lab', profile: 'offline' }, { mac: ATTACKER, address: '10.0.2.15' });
  const victim = net.guest({ lan: 'lab' }, { mac: VICTIM, address: '10.0.2.16' });
  return { attacker, victim };
}

function icmpv6(attacker: TestGuest, message: Icmpv6Message, src: string, dst = 'ff02::1'): void {
  attacker.sendIp(dst, PROTOCOL_ICMPV6, emitIcmpv6(message, src, dst), 255, src, '33:33:00:00:00:01');
}

const ADVERTISEMENT: Icmpv6Message = {
  kind: 'router-advertisement',
  hopLimit: 64,
  isManaged: false,
  hasOtherConfig: false,
  routerLifetimeS: 1800,
  reachableMs: 0,
  retransmitMs: 0,
  linkAddress: ATTACKER,
  mtuBytes: null,
  prefixes: [],
  dnsServers: { lifetimeS: 1800, addresses: ['fe80::aa'] },
};

describe('a VM cannot tell its LAN', () => {
  it.each(['10.0.2.2', '10.0.2.3'])('that it is %s', (senderIp) => {
    for (const operation of ['reply', 'request'] as const) {
      for (const dst of [VICTIM, BROADCAST_MAC]) {
        const { attacker, victim } = lan();
        const message = { operation, senderMac: ATTACKER, senderIp, targetMac: VICTIM, targetIp: '10.0.2.16' };
        attacker.sendEthernet(ETHERTYPE_ARP, emitArp(message), dst);
        expect(victim.frames).toEqual([]);
      }
    }
  });

  it('that the gateway’s hardware address is its own port', () => {
    const { attacker, victim } = lan();
    attacker.send(
      emitEthernet({ dst: VICTIM, src: '52:55:0a:00:02:02', etherType: 0x88b5, payload: new Uint8Array(46) }),
    );
    expect(victim.frames).toEqual([]);
  });

  it('that it is a router, or who has the gateway’s IPv6 addresses', () => {
    const { attacker, victim } = lan();
    icmpv6(attacker, ADVERTISEMENT, 'fe80::aa');
    const neighbor = { isRouter: true, isSolicited: false, isOverride: true, linkAddress: ATTACKER };
    for (const target of ['fe80::2', 'fd54:6572:7261::2', 'fd54:6572:7261::3']) {
      icmpv6(attacker, { kind: 'neighbor-advertisement', target, ...neighbor }, 'fe80::aa');
      icmpv6(attacker, { kind: 'neighbor-solicitation', target: 'fe80::bb', linkAddress: ATTACKER }, target);
    }
    expect(victim.frames).toEqual([]);
  });

  it('that it is a router in the first of several fragments', () => {
    const { attacker, victim } = lan();
    const whole = emitIcmpv6(ADVERTISEMENT, 'fe80::aa', 'ff02::1');
    const about = { src: 'fe80::aa', dst: 'ff02::1', nextHeader: PROTOCOL_ICMPV6, hopLimit: 255, identification: 1 };
    const first = emitIpv6Fragment({ ...about, offsetBytes: 0, moreFragments: true, payload: whole.subarray(0, 8) });
    attacker.sendEthernet(ETHERTYPE_IPV6, first, '33:33:00:00:00:01');
    expect(victim.frames).toEqual([]);
  });

  it('what names mean, or which lease to take', () => {
    const { attacker, victim } = lan();
    const udp = (src: string, srcPort: number, dstPort: number): void => {
      const dst = '10.0.2.16';
      const payload = emitUdp({ srcPort, dstPort, payload: new Uint8Array(20) }, src, dst);
      attacker.sendIp(dst, PROTOCOL_UDP, payload, 64, src, VICTIM);
    };
    udp('10.0.2.3', 53, 40_000);
    udp('10.0.2.15', 67, 68);
    expect(victim.frames).toEqual([]);
    udp('10.0.2.15', 53, 40_000);
    expect(victim.frames).toHaveLength(1);
  });
});

it('lets neighbours find each other and talk', () => {
  const { attacker, victim } = lan();
  const message = {
    operation: 'reply' as const,
    senderMac: ATTACKER,
    senderIp: '10.0.2.15',
    targetMac: VICTIM,
    targetIp: '10.0.2.16',
  };
  attacker.sendEthernet(ETHERTYPE_ARP, emitArp(message), VICTIM);
  const neighbor = { isRouter: false, isSolicited: true, isOverride: true, linkAddress: ATTACKER };
  icmpv6(attacker, { kind: 'neighbor-advertisement', target: 'fe80::aa', ...neighbor }, 'fe80::aa');
  icmpv6(attacker, { kind: 'router-solicitation', linkAddress: ATTACKER }, 'fe80::aa', 'ff02::2');
  expect(victim.frames).toHaveLength(3);
});
