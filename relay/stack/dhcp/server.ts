import { BOOT_REPLY, BOOT_REQUEST, type DhcpMessage } from '../wire/dhcp.ts';
import type { IpAddress } from '../wire/address.ts';
import { LeaseTable, type Lease } from './lease-table.ts';
import {
  ACK,
  addressOption,
  DECLINE,
  DISCOVER,
  INFORM,
  NAK,
  OFFER,
  OPTION_BROADCAST,
  OPTION_CLIENT_ID,
  OPTION_DNS,
  OPTION_DOMAIN,
  OPTION_HOST_NAME,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE,
  OPTION_MESSAGE_TYPE,
  OPTION_MTU,
  OPTION_PARAMETER_LIST,
  OPTION_REBINDING_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_REQUESTED_ADDRESS,
  OPTION_ROUTER,
  OPTION_SERVER_ID,
  OPTION_SUBNET_MASK,
  readAddress,
  readU32,
  readU8,
  RELEASE,
  REQUEST,
  textOption,
  u16Option,
  u32Option,
  u8Option,
} from './options.ts';

export interface DhcpServerOptions {
  /** The pool, both ends included. */
  readonly firstAddress: IpAddress;
  readonly lastAddress: IpAddress;
  readonly serverAddress: IpAddress;
  readonly router: IpAddress;
  readonly dnsServer: IpAddress;
  readonly netmask: IpAddress;
  readonly broadcast: IpAddress;
  readonly mtuBytes: number;
  readonly domain: string;
  readonly leaseS: number;
}

export interface DhcpClient {
  /**
   * Who it is: the VM, not the hardware address, which forks share. Client identifiers (option 61) are made from that
   * address by most clients and would not tell forks apart either.
   */
  readonly key: string;
  /** The name it is told to have (option 12). */
  readonly hostName: string | null;
}

/** A client may ask for a shorter lease, but not for one that keeps it busy renewing. */
const LEASE_MIN_S = 60;

const UNSPECIFIED = '0.0.0.0';

/**
 * The DHCP server of one segment (RFC 2131), the only one there and so authoritative: where section 4.3.2 has a server
 * without a record of the client keep silent, out of regard for others on the wire, this one grants the address if it
 * is free and refuses it otherwise. So a guest keeps its address when the relay has been restarted, and one restored
 * from a snapshot learns at once that its address is another's by now.
 */
export class DhcpServer {
  private readonly options: DhcpServerOptions;
  private readonly table: LeaseTable;
  /** When the last message came. */
  private lastMs = 0;

  /** @throws {RangeError} when the pool is no range of IPv4 addresses */
  constructor(options: DhcpServerOptions) {
    this.options = options;
    this.table = new LeaseTable(options.firstAddress, options.lastAddress);
  }

  /**
   * @returns The reply, or null for none. Its `yiaddr` is unspecified in a refusal, to be broadcast whatever the
   * message's `ciaddr`, and in the answer to an INFORM, which goes to `ciaddr`.
   */
  receive(message: DhcpMessage, client: DhcpClient, nowMs: number): DhcpMessage | null {
    this.lastMs = nowMs;
    // No relay agents here: who claims to be one is asking for replies to be sent elsewhere.
    if (message.op !== BOOT_REQUEST || message.giaddr !== UNSPECIFIED) return null;
    switch (readU8(message.options, OPTION_MESSAGE_TYPE)) {
      case DISCOVER:
        return this.discover(message, client, nowMs);
      case REQUEST:
        return this.request(message, client, nowMs);
      case DECLINE:
        this.decline(message, client, nowMs);
        return null;
      case RELEASE:
        this.releaseFor(message, client, nowMs);
        return null;
      case INFORM:
        return this.inform(message, client);
      default:
        return null;
    }
  }

  /** The address a client has now. @param nowMs without it, as of the last message that came */
  leaseOf(key: string, nowMs = this.lastMs): IpAddress | null {
    return this.table.leaseOf(key, nowMs)?.address ?? null;
  }

  /** All live leases. @param nowMs without it, as of the last message that came */
  leases(nowMs = this.lastMs): readonly Lease[] {
    return this.table.leases(nowMs);
  }

  /** The VM has left; its address stays remembered for it while others are free. */
  release(key: string, nowMs = this.lastMs): void {
    this.table.release(key, nowMs);
  }

  /** The VM is gone for good. */
  forget(key: string): void {
    this.table.forget(key);
  }

  private discover(message: DhcpMessage, client: DhcpClient, nowMs: number): DhcpMessage | null {
    const wanted = readAddress(message.options, OPTION_REQUESTED_ADDRESS);
    const address = this.table.offer(client.key, wanted, nowMs);
    return address === null ? null : this.reply(message, client, OFFER, address);
  }

  /** RFC 2131, 4.3.2: what fields are there tells the four states of a client apart. */
  private request(message: DhcpMessage, client: DhcpClient, nowMs: number): DhcpMessage | null {
    const server = readAddress(message.options, OPTION_SERVER_ID);
    if (server !== null && server !== this.options.serverAddress) {
      this.table.withdrawOffer(client.key, nowMs);
      return null;
    }
    // SELECTING and INIT-REBOOT name the address in the option, RENEWING and REBINDING have it already.
    const requested = readAddress(message.options, OPTION_REQUESTED_ADDRESS);
    const address = requested ?? (message.ciaddr === UNSPECIFIED ? null : message.ciaddr);
    if (address === null) return null;
    const untilMs = nowMs + 1000 * this.leaseSeconds(message);
    if (this.table.lease(client.key, address, untilMs, nowMs)) return this.reply(message, client, ACK, address);
    return this.refuse(message, `${address} is not yours here; ask anew`);
  }

  private decline(message: DhcpMessage, client: DhcpClient, nowMs: number): void {
    const address = readAddress(message.options, OPTION_REQUESTED_ADDRESS);
    if (this.isForUs(message) && address !== null) this.table.decline(client.key, address, nowMs);
  }

  private releaseFor(message: DhcpMessage, client: DhcpClient, nowMs: number): void {
    if (!this.isForUs(message) || this.table.leaseOf(client.key, nowMs)?.address !== message.ciaddr) return;
    this.table.release(client.key, nowMs);
  }

  /** The client has an address by other means and asks for the rest: no address, no lease (4.3.5). */
  private inform(message: DhcpMessage, client: DhcpClient): DhcpMessage | null {
    return message.ciaddr === UNSPECIFIED ? null : this.reply(message, client, ACK, null);
  }

  private isForUs(message: DhcpMessage): boolean {
    const server = readAddress(message.options, OPTION_SERVER_ID);
    return server === null || server === this.options.serverAddress;
  }

  private leaseSeconds(message: DhcpMessage): number {
    const wantedS = readU32(message.options, OPTION_LEASE_TIME) ?? this.options.leaseS;
    return Math.min(this.options.leaseS, Math.max(LEASE_MIN_S, wantedS));
  }

  private refuse(message: DhcpMessage, why: string): DhcpMessage {
    const options = new Map([
      [OPTION_MESSAGE_TYPE, u8Option(NAK)],
      [OPTION_SERVER_ID, addressOption(this.options.serverAddress)],
      [OPTION_MESSAGE, textOption(why)],
    ]);
    copyClientId(message, options);
    return { ...answerTo(message), broadcast: true, options };
  }

  /** @param address null where the client has its own */
  private reply(message: DhcpMessage, client: DhcpClient, type: number, address: IpAddress | null): DhcpMessage {
    const options = new Map([
      [OPTION_MESSAGE_TYPE, u8Option(type)],
      [OPTION_SERVER_ID, addressOption(this.options.serverAddress)],
    ]);
    const parameters = this.parameters(client);
    if (address !== null) {
      const leaseS = this.leaseSeconds(message);
      options.set(OPTION_LEASE_TIME, u32Option(leaseS));
      // The usual half and seven eighths (4.4.5).
      parameters.set(OPTION_RENEWAL_TIME, u32Option(Math.floor(leaseS / 2)));
      parameters.set(OPTION_REBINDING_TIME, u32Option(Math.floor((leaseS * 7) / 8)));
    }
    // In the order the client asks for them (RFC 2132, 9.8); all, if it does not say.
    for (const code of message.options.get(OPTION_PARAMETER_LIST) ?? parameters.keys()) {
      const value = parameters.get(code);
      if (value) options.set(code, value);
    }
    copyClientId(message, options);
    return {
      ...answerTo(message),
      ciaddr: type === ACK ? message.ciaddr : UNSPECIFIED,
      yiaddr: address ?? UNSPECIFIED,
      options,
    };
  }

  private parameters(client: DhcpClient): Map<number, Uint8Array> {
    const { netmask, router, dnsServer, domain, mtuBytes, broadcast } = this.options;
    const parameters = new Map([
      [OPTION_SUBNET_MASK, addressOption(netmask)],
      [OPTION_ROUTER, addressOption(router)],
      [OPTION_DNS, addressOption(dnsServer)],
      [OPTION_DOMAIN, textOption(domain)],
      [OPTION_MTU, u16Option(mtuBytes)],
      [OPTION_BROADCAST, addressOption(broadcast)],
    ]);
    if (client.hostName !== null && client.hostName !== '') {
      parameters.set(OPTION_HOST_NAME, textOption(client.hostName));
    }
    return parameters;
  }
}

/** The fields every reply has from its request (table 3 of RFC 2131). */
function answerTo({ xid, broadcast, giaddr, chaddr }: DhcpMessage): Omit<DhcpMessage, 'options'> {
  return {
    op: BOOT_REPLY,
    xid,
    secs: 0,
    broadcast,
    ciaddr: UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr,
    chaddr,
  };
}

/** RFC 6842: a client's identifier comes back to it. */
function copyClientId(message: DhcpMessage, options: Map<number, Uint8Array>): void {
  const id = message.options.get(OPTION_CLIENT_ID);
  if (id) options.set(OPTION_CLIENT_ID, id);
}
