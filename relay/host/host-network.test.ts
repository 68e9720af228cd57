import { expect, it } from 'vitest';
import { HostAddressWatch, hostAddresses, hostDnsServers, parseDnsServer } from './host-network.ts';

it('reads the ways servers are written', () => {
  expect(parseDnsServer('192.0.2.1')).toEqual({ address: '192.0.2.1', port: 53 });
  expect(parseDnsServer('192.0.2.1:5353')).toEqual({ address: '192.0.2.1', port: 5353 });
  expect(parseDnsServer('2001:db8::1')).toEqual({ address: '2001:db8::1', port: 53 });
  expect(parseDnsServer('[2001:db8::1]:5353')).toEqual({ address: '2001:db8::1', port: 5353 });
  expect(parseDnsServer('[2001:db8::1]')).toEqual({ address: '2001:db8::1', port: 53 });
  expect(parseDnsServer('fe80::1%eth0')).toEqual({ address: 'fe80::1%eth0', port: 53 });
  for (const text of ['', 'dns.example', '192.0.2.1:0', '192.0.2.1:99999', '[nothing]:53']) {
    expect(parseDnsServer(text)).toBeNull();
  }
});

it('knows the host’s addresses, and IPv6 only where it leads further', () => {
  const entry = { netmask: '', mac: '', internal: false, cidr: null };
  const v4 = { ...entry, family: 'IPv4' as const, address: '192.0.2.7' };
  const local = { ...entry, family: 'IPv6' as const, address: 'fe80::1', scopeid: 2 };
  const global = { ...entry, family: 'IPv6' as const, address: '2001:DB8:0::7', scopeid: 0 };
  expect(hostAddresses({ eth0: [v4, local] })).toEqual({ addresses: ['192.0.2.7', 'fe80::1'], hasIpv6: false });
  expect(hostAddresses({ eth0: [v4, global] })).toEqual({ addresses: ['192.0.2.7', '2001:db8::7'], hasIpv6: true });
  expect(hostAddresses({ eth0: [{ ...global, cidr: '2001:DB8:0::7/64' }] }).addresses).toEqual(['2001:db8::7/64']);
});

it('notices new addresses, and looks at most once a second', () => {
  let addresses = ['192.0.2.7'];
  let looks = 0;
  const watch = new HostAddressWatch(addresses, 0, () => {
    looks += 1;
    return addresses;
  });
  addresses = ['192.0.2.7', '2001:db8::7'];
  expect(watch.changed(999)).toBeNull();
  expect(looks).toBe(0);
  expect(watch.changed(1000)).toEqual(addresses);
  expect(watch.changed(1001)).toBeNull();
  expect(watch.changed(2001)).toBeNull();
  expect(looks).toBe(2);
});

it('finds the DNS servers of this computer', () => {
  const servers = hostDnsServers(() => 0)();
  expect(servers.length).toBeLessThanOrEqual(3);
  for (const { port } of servers) expect(port).toBeGreaterThan(0);
});
