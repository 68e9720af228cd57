/** What kind of place a block of addresses is. */
export type SpecialClass =
  | 'metadata'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'broadcast'
  | 'multicast'
  | 'documentation'
  | 'reserved';

/**
 * Blocks of addresses that are not of the outside; the first that holds an address counts. IANA's special-purpose registries
 * (RFC 6890 and its updates), and where clouds keep their metadata services, which hand out credentials to whoever asks from
 * the host.
 */
export const SPECIAL_BLOCKS: readonly (readonly [SpecialClass, ...string[]])[] = [
  // Amazon, Google, Azure and most others; Alibaba; Azure's wire server, which is a global address.
  ['metadata', '169.254.169.254', '100.100.100.200', '168.63.129.16'],
  // Amazon's container credentials and its time and DNS servers.
  ['metadata', '169.254.170.2', '169.254.170.23', '169.254.169.123', '169.254.169.253'],
  ['metadata', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'],
  ['unspecified', '0.0.0.0/8', '::/128'],
  ['loopback', '127.0.0.0/8', '::1/128'],
  ['private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  ['shared', '100.64.0.0/10'],
  ['link-local', '169.254.0.0/16', 'fe80::/10'],
  // Site-local addresses are deprecated (RFC 3879) and still routed by some as what they were.
  ['private', 'fec0::/10'],
  ['broadcast', '255.255.255.255'],
  ['multicast', '224.0.0.0/4', 'ff00::/8'],
  ['documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  // Protocol assignments, 6to4 relays, benchmarks, future use.
  ['reserved', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4'],
  // Local-use translation (RFC 8215): what is behind it is the operator's own choice.
  ['private', '64:ff9b:1::/48'],
];
