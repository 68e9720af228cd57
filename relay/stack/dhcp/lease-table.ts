import { addressAt, addressBytes, type IpAddress } from '../wire/address.ts';

/** An offered address waits this long for the client to ask for it; clients answer within a second. */
const OFFER_HOLD_MS = 60_000;
/** A declined address is in use by someone who did not ask us; it is tried again after this. */
const DECLINED_MS = 10 * 60_000;
/** More is no pool of a segment of VMs, and is searched one by one. */
const POOL_MAX_ADDRESSES = 4096;

export interface Lease {
  readonly key: string;
  readonly address: IpAddress;
  readonly expiresAtMs: number;
}

interface Binding {
  readonly key: string;
  readonly address: IpAddress;
  /** False while it is only offered, and again once released. */
  isLeased: boolean;
  /** From then on others may have the address, though it is remembered for its client as long as there are others. */
  untilMs: number;
}

/**
 * Who has which address of one pool. A client keeps its address for good: a lease that ran out, or was given back, is
 * handed to another only when no fresh address is left, and then the one that ran out first. There is at most one
 * binding a client and one an address, so the pool bounds everything here.
 */
export class LeaseTable {
  private readonly pool: readonly IpAddress[];
  private readonly inPool: ReadonlySet<IpAddress>;
  private readonly byKey = new Map<string, Binding>();
  private readonly byAddress = new Map<IpAddress, Binding>();
  /** Declined addresses and until when. Never more than half the pool: then the oldest is tried again. */
  private readonly setAside = new Map<IpAddress, number>();

  /** @throws {RangeError} when the two are no range of IPv4 addresses */
  constructor(firstAddress: IpAddress, lastAddress: IpAddress) {
    this.pool = addressRange(firstAddress, lastAddress);
    this.inPool = new Set(this.pool);
  }

  /** Holds an address for the client: its own, else the wanted one if nobody has it, else any. Null: none is left. */
  offer(key: string, wanted: IpAddress | null, nowMs: number): IpAddress | null {
    const own = this.byKey.get(key);
    if (own) {
      if (!this.isLive(own, nowMs)) this.renew(own, false, nowMs + OFFER_HOLD_MS);
      return own.address;
    }
    const address = wanted !== null && this.isFresh(wanted, nowMs) ? wanted : this.anyAddress(nowMs);
    if (address === null) return null;
    this.bind(key, address, false, nowMs + OFFER_HOLD_MS);
    return address;
  }

  /** Leases the address to the client if it may have it: it is its own, or nobody's and the client has no other. */
  lease(key: string, address: IpAddress, untilMs: number, nowMs: number): boolean {
    const own = this.byKey.get(key);
    if (own) {
      if (own.address !== address) return false;
      this.renew(own, true, untilMs);
      return true;
    }
    if (!this.isFresh(address, nowMs)) return false;
    this.bind(key, address, true, untilMs);
    return true;
  }

  /** The client took another server's offer. */
  withdrawOffer(key: string, nowMs: number): void {
    const own = this.byKey.get(key);
    if (own && !own.isLeased) this.renew(own, false, nowMs);
  }

  /** The client found somebody else at the address it was given. */
  decline(key: string, address: IpAddress, nowMs: number): boolean {
    const own = this.byKey.get(key);
    if (own?.address !== address) return false;
    this.unbind(own);
    this.setAside.delete(address);
    this.setAside.set(address, nowMs + DECLINED_MS);
    if (this.setAside.size > Math.max(1, this.pool.length >>> 1)) {
      for (const oldest of this.setAside.keys()) {
        this.setAside.delete(oldest);
        break;
      }
    }
    return true;
  }

  /** The client no longer needs its address; it is remembered. */
  release(key: string, nowMs: number): void {
    const own = this.byKey.get(key);
    if (own) this.renew(own, false, Math.min(own.untilMs, nowMs));
  }

  /** The client is gone for good. */
  forget(key: string): void {
    const own = this.byKey.get(key);
    if (own) this.unbind(own);
  }

  leaseOf(key: string, nowMs: number): Lease | null {
    const own = this.byKey.get(key);
    return own && this.isLive(own, nowMs) ? { key, address: own.address, expiresAtMs: own.untilMs } : null;
  }

  leases(nowMs: number): Lease[] {
    return [...this.byKey.values()]
      .filter((binding) => this.isLive(binding, nowMs))
      .map(({ key, address, untilMs }) => ({ key, address, expiresAtMs: untilMs }));
  }

  private isLive(binding: Binding, nowMs: number): boolean {
    return binding.isLeased && binding.untilMs > nowMs;
  }

  /** In the pool, nobody's and remembered for nobody. */
  private isFresh(address: IpAddress, nowMs: number): boolean {
    if (!this.inPool.has(address) || this.byAddress.has(address)) return false;
    const asideUntilMs = this.setAside.get(address);
    if (asideUntilMs === undefined) return true;
    if (asideUntilMs > nowMs) return false;
    this.setAside.delete(address);
    return true;
  }

  private anyAddress(nowMs: number): IpAddress | null {
    for (const address of this.pool) if (this.isFresh(address, nowMs)) return address;
    let longestOver: Binding | null = null;
    for (const binding of this.byAddress.values()) {
      if (binding.untilMs > nowMs) continue;
      if (!longestOver || binding.untilMs < longestOver.untilMs) longestOver = binding;
    }
    if (!longestOver) return null;
    this.unbind(longestOver);
    return longestOver.address;
  }

  private bind(key: string, address: IpAddress, isLeased: boolean, untilMs: number): void {
    const binding: Binding = { key, address, isLeased, untilMs };
    this.byKey.set(key, binding);
    this.byAddress.set(address, binding);
  }

  private renew(binding: Binding, isLeased: boolean, untilMs: number): void {
    binding.isLeased = isLeased;
    binding.untilMs = untilMs;
  }

  private unbind(binding: Binding): void {
    this.byKey.delete(binding.key);
    this.byAddress.delete(binding.address);
  }
}

function addressRange(firstAddress: IpAddress, lastAddress: IpAddress): IpAddress[] {
  const first = ipv4Number(firstAddress);
  const count = ipv4Number(lastAddress) - first + 1;
  if (!(count >= 1 && count <= POOL_MAX_ADDRESSES)) {
    throw new RangeError(`${firstAddress} to ${lastAddress} is no range of up to ${POOL_MAX_ADDRESSES} addresses`);
  }
  return Array.from({ length: count }, (_, i) => {
    const number = first + i;
    return addressAt(Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number), 0, 4);
  });
}

function ipv4Number(address: IpAddress): number {
  const bytes = addressBytes(address);
  if (bytes.length !== 4) return Number.NaN;
  return bytes.reduce((number, octet) => number * 256 + octet, 0);
}
