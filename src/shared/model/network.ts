import * as v from 'valibot';

/**
 * A VM's network as a person sets it and sees it. The relay carries it out; the library keeps the settings, the page
 * shows the rest.
 */

/** What a VM may reach when none of its rules decides. */
export const PROFILE_NAMES = ['offline', 'internet', 'internet+host'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** A port or an inclusive range of ports. */
export type PortRange = number | readonly [first: number, last: number];

/** Above this a list of rules is a mistake, and each costs time for every new connection. */
export const RULES_MAX = 256;
export const FORWARDS_MAX = 64;
export const LAN_NAME_MAX_CHARACTERS = 32;

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));
const portRange = v.union([
  port,
  v.pipe(
    v.tuple([port, port]),
    v.check(([first, last]) => first <= last),
  ),
]);

/**
 * Rules are tried in order and the first that matches decides; when none does, the profile decides. A part that is
 * left out matches everything. A rule with a domain matches the names a VM looked up, and never opens loopback,
 * private or link-local addresses: those need a rule with a CIDR.
 */
export const ruleSchema = v.object({
  action: v.picklist(['allow', 'deny']),
  /** `example.org`, or `*.example.org` for everything below it. */
  domain: v.optional(v.pipe(v.string(), v.maxLength(253))),
  /** `192.0.2.0/24`, `2001:db8::/32`, or one address. */
  cidr: v.optional(v.pipe(v.string(), v.maxLength(64))),
  ports: v.optional(v.pipe(v.array(portRange), v.maxLength(32), v.readonly())),
  protocol: v.optional(v.picklist(['tcp', 'udp', 'icmp'])),
});
export type Rule = v.InferOutput<typeof ruleSchema>;

/** A port of the host that leads to a port of the VM. */
export const forwardSchema = v.object({
  protocol: v.picklist(['tcp', 'udp']),
  /** `127.0.0.1` unless the person wants others on their network to reach it. */
  hostAddress: v.pipe(v.string(), v.maxLength(64)),
  hostPort: port,
  guestPort: port,
});
export type Forward = v.InferOutput<typeof forwardSchema>;

/** Letters, digits and hyphens, so that it can stand in a host name. */
const lanName = v.pipe(
  v.string(),
  v.maxLength(LAN_NAME_MAX_CHARACTERS),
  v.regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'A LAN’s name is made of lower-case letters, digits and hyphens.'),
);

export const networkSettingsSchema = v.object({
  profile: v.picklist(PROFILE_NAMES),
  rules: v.pipe(v.array(ruleSchema), v.maxLength(RULES_MAX), v.readonly()),
  /** Which ports of the host's 127.0.0.1 `internet+host` opens at 10.0.2.2. */
  hostPorts: v.union([v.literal('all'), v.pipe(v.array(port), v.maxLength(256), v.readonly())]),
  forwards: v.pipe(v.array(forwardSchema), v.maxLength(FORWARDS_MAX), v.readonly()),
  /** VMs of one LAN reach each other; null keeps the VM to itself. */
  lan: v.nullable(lanName),
});
export type NetworkSettings = v.InferOutput<typeof networkSettingsSchema>;

export const DEFAULT_NETWORK: NetworkSettings = {
  profile: 'internet',
  rules: [],
  hostPorts: 'all',
  forwards: [],
  lan: null,
};

export type Protocol = 'tcp' | 'udp' | 'icmp';

/** One row of the table of live connections. */
export interface ConnectionRow {
  readonly id: number;
  readonly protocol: Protocol;
  /** `in` came through a port forward. */
  readonly direction: 'out' | 'in';
  /** The name the VM looked up to get this address, as far as it is known. */
  readonly name: string | null;
  readonly address: string;
  readonly port: number;
  readonly guestPort: number;
  readonly bytesFromGuest: number;
  readonly bytesToGuest: number;
  readonly ageMs: number;
  /** `dialling` until the far side answered; `denied` rows stay for a while so that a person can see them. */
  readonly verdict: 'dialling' | 'open' | 'closing' | 'denied' | 'failed';
  /** Which rule or profile decided, in words. */
  readonly reason: string;
}

export interface ForwardRow {
  readonly forward: Forward;
  /** Null while it listens, else why it does not. */
  readonly failure: string | null;
  readonly liveConnections: number;
  readonly totalConnections: number;
}

/** All counters only grow, from the moment the VM was attached. */
export interface NetworkCounters {
  readonly framesFromGuest: number;
  readonly framesToGuest: number;
  readonly bytesFromGuest: number;
  readonly bytesToGuest: number;
  /** Frames that could not be understood and were dropped. */
  readonly malformedFrames: number;
  /** Frames for which there was no room, or no bound left. */
  readonly droppedFrames: number;
  readonly deniedConnections: number;
  readonly dnsQueries: number;
}

/** Everything the network panel of one VM shows. */
export interface NetworkView {
  /** The address DHCP gave; null before the VM asked. */
  readonly address: string | null;
  readonly counters: NetworkCounters;
  readonly connections: readonly ConnectionRow[];
  readonly forwards: readonly ForwardRow[];
  /** Where frames are being captured to, as a file name; null when capture is off. */
  readonly capturing: boolean;
}
