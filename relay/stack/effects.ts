import type { IpAddress } from './wire/address.ts';

/**
 * What the pure network asks of the host and what the host tells it. The network has no sockets; the host has no
 * idea of TCP towards the guest. Ids are made by the network and never used twice.
 */

export type SocketId = number;
/** A listening port of the host. */
export type ListenerId = number;

/** Why a connection of the host could not be made or ended badly. */
export type SocketFailure = 'refused' | 'unreachable' | 'timed-out' | 'reset' | 'failed';

export type Effect =
  /** Connect to the address; answered by `tcp-connected` or `tcp-failed`. */
  | { readonly kind: 'tcp-dial'; readonly socket: SocketId; readonly address: IpAddress; readonly port: number }
  /** Bytes belong to the host from now on; `tcp-sent` reports them when the system has taken them. */
  | { readonly kind: 'tcp-send'; readonly socket: SocketId; readonly bytes: Uint8Array }
  /** Half-close: after everything sent so far. */
  | { readonly kind: 'tcp-end'; readonly socket: SocketId }
  /** Abort at once, with a reset where the system can. No event follows for this socket. */
  | { readonly kind: 'tcp-destroy'; readonly socket: SocketId }
  /** Stop or go on reading; a socket starts out reading. Chunks already read still arrive. */
  | { readonly kind: 'tcp-read'; readonly socket: SocketId; readonly isWanted: boolean }
  /** A socket connected to one address, so that only its answers arrive and refusals are noticed. */
  | { readonly kind: 'udp-open'; readonly socket: SocketId; readonly address: IpAddress; readonly port: number }
  | { readonly kind: 'udp-send'; readonly socket: SocketId; readonly bytes: Uint8Array }
  | { readonly kind: 'udp-close'; readonly socket: SocketId }
  /** Echo request; answered by `pong` or, after the timeout, not at all (`pong` with a null reply). */
  | {
      readonly kind: 'ping';
      readonly socket: SocketId;
      readonly address: IpAddress;
      readonly payloadBytes: number;
      readonly timeoutMs: number;
    }
  /** Ask one DNS server once; answered by `dns-answer` or `dns-failed`. `serverIndex` counts the host's servers. */
  | {
      readonly kind: 'dns-ask';
      readonly socket: SocketId;
      readonly serverIndex: number;
      readonly transport: 'udp' | 'tcp';
      readonly message: Uint8Array;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'dns-cancel'; readonly socket: SocketId }
  /** Listen on the host; answered by `listening` or `listen-failed`. */
  | {
      readonly kind: 'listen';
      readonly listener: ListenerId;
      readonly protocol: 'tcp' | 'udp';
      readonly address: string;
      readonly port: number;
    }
  | { readonly kind: 'unlisten'; readonly listener: ListenerId }
  /** Take (a TCP peer waits unread until then) or send away who came to a listener. */
  | { readonly kind: 'udp-reply'; readonly listener: ListenerId; readonly peer: UdpPeer; readonly bytes: Uint8Array }
  /** For the relay's log: a sentence about one link. */
  | { readonly kind: 'log'; readonly link: number; readonly level: 'info' | 'warning'; readonly message: string };

export interface UdpPeer {
  readonly address: string;
  readonly port: number;
}

export type HostEvent =
  | { readonly kind: 'tcp-connected'; readonly socket: SocketId }
  /** Before it was connected. The socket is gone. */
  | { readonly kind: 'tcp-failed'; readonly socket: SocketId; readonly reason: SocketFailure }
  /** Bytes belong to the network from now on. */
  | { readonly kind: 'tcp-data'; readonly socket: SocketId; readonly bytes: Uint8Array }
  | { readonly kind: 'tcp-sent'; readonly socket: SocketId; readonly byteCount: number }
  /** The far side will send no more. */
  | { readonly kind: 'tcp-ended'; readonly socket: SocketId }
  /** Both directions are done, or it broke (`reset`); the socket is gone. */
  | { readonly kind: 'tcp-closed'; readonly socket: SocketId; readonly failure: SocketFailure | null }
  /**
   * Someone connected to a listening port. The host has given the connection this socket id (negative, so that it
   * cannot meet one of ours) and does not read from it until `tcp-read`.
   */
  | { readonly kind: 'tcp-accepted'; readonly listener: ListenerId; readonly socket: SocketId; readonly peer: UdpPeer }
  | { readonly kind: 'udp-message'; readonly socket: SocketId; readonly bytes: Uint8Array }
  /** The socket stays open; the far side said that nobody listens, or the system knows no way. */
  | { readonly kind: 'udp-failed'; readonly socket: SocketId; readonly reason: SocketFailure }
  | { readonly kind: 'udp-received'; readonly listener: ListenerId; readonly peer: UdpPeer; readonly bytes: Uint8Array }
  | { readonly kind: 'pong'; readonly socket: SocketId; readonly reply: 'echo' | 'unreachable' | 'timed-out' }
  | { readonly kind: 'dns-answer'; readonly socket: SocketId; readonly message: Uint8Array }
  | { readonly kind: 'dns-failed'; readonly socket: SocketId }
  | { readonly kind: 'listening'; readonly listener: ListenerId; readonly port: number }
  | { readonly kind: 'listen-failed'; readonly listener: ListenerId; readonly message: string };
