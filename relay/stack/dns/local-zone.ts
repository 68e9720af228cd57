import { isOnSegment } from '../addresses.ts';
import { addressBytes, addressFamily, parseIpAddress, type IpAddress } from '../wire/address.ts';
import { nameBytes } from '../wire/dns-name.ts';
import {
  DNS_CLASS_IN,
  DNS_RCODE_NAME_ERROR,
  DNS_RCODE_OK,
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  DNS_TYPE_ANY,
  DNS_TYPE_PTR,
  DNS_TYPE_SOA,
  type DnsQuestion,
  type DnsRecord,
} from '../wire/dns.ts';
import { emptyOutcome, type DnsOutcome } from './reply.ts';

/** Who has which name here. */
export interface LocalNames {
  /** Addresses of a name that only exists here (none: it does not); null for one that others are asked for. */
  localNames(name: string): readonly IpAddress[] | null;
  /** The name of an address of the VMs' own network, or null. */
  localAddressName(address: IpAddress): string | null;
}

/** VMs come and go, and asking again costs nothing. */
const LOCAL_TTL_S = 10;
const OWN_ZONE = 'terrarium';
/** Never asked outside: RFC 6761 and RFC 7686, and our own. */
const NEVER_OUTSIDE = new Set([OWN_ZONE, 'invalid', 'onion']);
const LOOPBACK = ['127.0.0.1', '::1'];
const SOA_NUMBERS = 5;

/** The answer to what is known here and nobody else's business; null for everything else. */
export function answerLocally({ name, type }: DnsQuestion, names: LocalNames): DnsOutcome | null {
  const lastLabel = name.slice(name.lastIndexOf('.') + 1);
  if (lastLabel === 'localhost') return addressesOutcome(name, type, LOOPBACK);
  const addresses = names.localNames(name);
  if (addresses !== null && addresses.length > 0) return addressesOutcome(name, type, addresses);
  if (addresses !== null || NEVER_OUTSIDE.has(lastLabel)) {
    // The zone itself exists, though it has nothing.
    return outcome(name, name === OWN_ZONE ? DNS_RCODE_OK : DNS_RCODE_NAME_ERROR, []);
  }
  return lastLabel === 'arpa' ? answerReverse(name, type, names) : null;
}

function answerReverse(name: string, type: number, names: LocalNames): DnsOutcome | null {
  const address = addressOfReverseName(name);
  if (address === null) return null;
  const isLoopback = address.startsWith('127.') || address === '::1';
  if (!isLoopback && !isOnSegment(address)) return null;
  const target = isLoopback ? 'localhost' : names.localAddressName(address);
  const data = target === null ? null : nameBytes(target);
  if (!data) return outcome(name, DNS_RCODE_NAME_ERROR, []);
  const isWanted = type === DNS_TYPE_PTR || type === DNS_TYPE_ANY;
  return outcome(name, DNS_RCODE_OK, isWanted ? [record(name, DNS_TYPE_PTR, data)] : []);
}

function addressesOutcome(name: string, type: number, addresses: readonly IpAddress[]): DnsOutcome {
  const records = addresses.map((address) =>
    record(name, addressFamily(address) === 4 ? DNS_TYPE_A : DNS_TYPE_AAAA, addressBytes(address)),
  );
  const wanted = records.filter((each) => each.type === type || type === DNS_TYPE_ANY);
  return outcome(name, DNS_RCODE_OK, wanted);
}

/** Without answers the authority says for how long there are none (RFC 2308). */
function outcome(name: string, rcode: number, answers: readonly DnsRecord[]): DnsOutcome {
  const isInOwnZone = name === OWN_ZONE || name.endsWith(`.${OWN_ZONE}`);
  const authorities = answers.length > 0 ? [] : [soaRecord(isInOwnZone ? OWN_ZONE : name)];
  return { ...emptyOutcome(rcode), isAuthoritative: true, answers, authorities };
}

function record(name: string, type: number, data: Uint8Array): DnsRecord {
  return { name, type, class: DNS_CLASS_IN, ttlS: LOCAL_TTL_S, data };
}

function soaRecord(zone: string): DnsRecord {
  const server = nameBytes(`host.${OWN_ZONE}`) ?? Uint8Array.of(0);
  const mailbox = nameBytes(`nobody.invalid`) ?? Uint8Array.of(0);
  const data = new Uint8Array(server.length + mailbox.length + 4 * SOA_NUMBERS);
  data.set(server);
  data.set(mailbox, server.length);
  // Serial 1; refresh, retry, expire and minimum as short as every other time here.
  for (let i = 0; i < SOA_NUMBERS; i++) data[server.length + mailbox.length + 4 * i + 3] = i === 0 ? 1 : LOCAL_TTL_S;
  return record(zone, DNS_TYPE_SOA, data);
}

/** `15.2.0.10.in-addr.arpa` is 10.0.2.15 (RFC 1035, 3.5); 32 hex digits before `ip6.arpa` are IPv6 (RFC 3596, 2.5). */
export function addressOfReverseName(name: string): IpAddress | null {
  const ipv4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name);
  if (ipv4) return parseIpAddress((ipv4[1] ?? '').split('.').slice(0, 4).reverse().join('.'));
  const ipv6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!ipv6) return null;
  const digits = (ipv6[1] ?? '').split('.').slice(0, 32).reverse().join('');
  return parseIpAddress(digits.replace(/(.{4})(?!$)/g, '$1:'));
}
