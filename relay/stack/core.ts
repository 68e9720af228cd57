import type { Effect, SocketId } from './effects.ts';
import type { IpOutput } from './ip-output.ts';
import type { TimerQueue } from './timer-queue.ts';
import type { IpAddress } from './wire/address.ts';
import type { GuestLink } from './link.ts';

/** What the parts of one network share. */
export interface Core {
  /** The time of the frame, event or tick being worked on. */
  readonly nowMs: number;
  readonly hostHasIpv6: boolean;
  readonly output: IpOutput;
  readonly timers: TimerQueue;
  randomU32(): number;
  /** A number never used before, for sockets, listeners and rows. */
  newId(): SocketId;
  effect(effect: Effect): void;
}

/** An IP packet a guest sent, with its transport still unparsed. */
export interface IpPacket {
  readonly src: IpAddress;
  readonly dst: IpAddress;
  readonly protocol: number;
  readonly hopLimit: number;
  /** Reassembled where it came in fragments. */
  readonly payload: Uint8Array;
  /** From the IP header on, as it came: quoted in ICMP errors. */
  readonly bytes: Uint8Array;
}

/** The far end of a flow as the guest names it. */
export interface FlowKey {
  readonly link: GuestLink;
  readonly guestAddress: IpAddress;
  readonly guestPort: number;
  readonly address: IpAddress;
  readonly port: number;
}

export function flowKeyText(guestAddress: IpAddress, guestPort: number, address: IpAddress, port: number): string {
  return `${guestAddress}|${guestPort}|${address}|${port}`;
}
