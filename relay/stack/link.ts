import type { ConnectionRow, NetworkCounters, NetworkSettings, Protocol } from '../../src/shared/model/network.ts';
import type { Policy } from './policy/policy.ts';
import type { Segment } from './segment.ts';
import { addressFamily, type IpAddress, type Mac } from './wire/address.ts';

/** One VM's connection to the network. Everything the relay knows of a VM hangs on it, never on its addresses. */
export interface LinkOptions {
  readonly id: number;
  readonly vm: { readonly id: string; readonly name: string };
  /** The largest frame the VM's network card takes: 1514, or 65549 for one that takes super segments. */
  readonly maxFrameBytes: number;
  readonly settings: NetworkSettings;
}

/** A guest has a handful of addresses; more is an attempt to fill the relay's memory. */
const NEIGHBORS_MAX = 16;
/** Names a VM looked up, by the address they led to. Browsing a large site resolves a few hundred. */
const NAMED_ADDRESSES_MAX = 4096;
const NAMES_PER_ADDRESS_MAX = 8;
/** Denied and failed attempts shown in the table. */
const PAST_ROWS_MAX = 32;
const PAST_ROW_LIFETIME_MS = 60_000;

export type Counters = { -readonly [Name in keyof NetworkCounters]: number };

interface PastRow {
  readonly row: ConnectionRow;
  readonly atMs: number;
}

export class GuestLink {
  readonly id: number;
  readonly vm: { readonly id: string; readonly name: string };
  maxFrameBytes: number;
  settings: NetworkSettings;
  policy: Policy;
  segment: Segment;
  readonly counters: Counters = {
    framesFromGuest: 0,
    framesToGuest: 0,
    bytesFromGuest: 0,
    bytesToGuest: 0,
    malformedFrames: 0,
    droppedFrames: 0,
    deniedConnections: 0,
    dnsQueries: 0,
  };
  /** Where the guest's own addresses are found, learned from what it sends. */
  private readonly neighbors = new Map<IpAddress, Mac>();
  private readonly namesByAddress = new Map<IpAddress, string[]>();
  private past: PastRow[] = [];

  constructor(options: LinkOptions, policy: Policy, segment: Segment) {
    this.id = options.id;
    this.vm = options.vm;
    this.maxFrameBytes = options.maxFrameBytes;
    this.settings = options.settings;
    this.policy = policy;
    this.segment = segment;
  }

  learnNeighbor(address: IpAddress, mac: Mac): void {
    if (this.neighbors.get(address) === mac) return;
    this.neighbors.delete(address);
    this.neighbors.set(address, mac);
    if (this.neighbors.size > NEIGHBORS_MAX) dropOldest(this.neighbors);
  }

  macOf(address: IpAddress): Mac | null {
    return this.neighbors.get(address) ?? null;
  }

  /** The IPv4 address it was last seen with. */
  ipv4Address(): IpAddress | null {
    let latest: IpAddress | null = null;
    for (const address of this.neighbors.keys()) if (addressFamily(address) === 4) latest = address;
    return latest;
  }

  learnName(name: string, addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const names = this.namesByAddress.get(address) ?? [];
      this.namesByAddress.delete(address);
      this.namesByAddress.set(
        address,
        [name, ...names.filter((each) => each !== name)].slice(0, NAMES_PER_ADDRESS_MAX),
      );
      if (this.namesByAddress.size > NAMED_ADDRESSES_MAX) dropOldest(this.namesByAddress);
    }
  }

  /** The names that led the VM to an address, the newest first. */
  namesOf(address: IpAddress): readonly string[] {
    return this.namesByAddress.get(address) ?? [];
  }

  /** Keeps a row of something that did not come about, for a person to see. */
  remember(row: ConnectionRow, nowMs: number): void {
    // The same again (a program that retries) replaces the row before.
    this.past = this.past.filter(
      ({ row: other }) => other.address !== row.address || other.port !== row.port || other.protocol !== row.protocol,
    );
    this.past.push({ row, atMs: nowMs });
    if (this.past.length > PAST_ROWS_MAX) this.past.shift();
  }

  pastRows(nowMs: number): readonly ConnectionRow[] {
    this.past = this.past.filter(({ atMs }) => nowMs - atMs < PAST_ROW_LIFETIME_MS);
    return this.past.map(({ row, atMs }) => ({ ...row, ageMs: nowMs - atMs }));
  }
}

/** What was asked for and not let through. */
export interface Refusal {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
  readonly guestPort: number;
  readonly verdict: 'denied' | 'failed';
  readonly reason: string;
}

export function refusalRow(link: GuestLink, id: number, refusal: Refusal): ConnectionRow {
  return {
    id,
    direction: 'out',
    name: link.namesOf(refusal.address)[0] ?? null,
    bytesFromGuest: 0,
    bytesToGuest: 0,
    ageMs: 0,
    ...refusal,
  };
}

function dropOldest<Key>(map: Map<Key, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
