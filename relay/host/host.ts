import type { Effect, HostEvent } from '../stack/effects.ts';
import { DnsSockets } from './dns-sockets.ts';
import type { DnsServer } from './host-network.ts';
import { Listeners } from './listeners.ts';
import { Pinger, type PingerOptions } from './pinger.ts';
import { TcpSockets } from './tcp-sockets.ts';
import { UdpSockets } from './udp-sockets.ts';

export interface HostOptions {
  readonly dnsServers: () => readonly DnsServer[];
  readonly ping?: PingerOptions;
  readonly dialTimeoutMs?: number;
}

export interface HostPorts {
  /** May be called in the middle of {@link Host.carryOut}: the caller then holds the event back until it returned. */
  report(event: HostEvent): void;
  log(link: number | null, level: 'info' | 'warning', message: string): void;
}

/** Carries out what the pure network asks for, with the sockets of this computer. */
export class Host {
  readonly #log: HostPorts['log'];
  readonly #tcp: TcpSockets;
  readonly #udp: UdpSockets;
  readonly #dns: DnsSockets;
  readonly #pinger: Pinger;
  readonly #listeners: Listeners;

  constructor(options: HostOptions, ports: HostPorts) {
    const report = (event: HostEvent): void => ports.report(event);
    this.#log = (link, level, message) => ports.log(link, level, message);
    this.#tcp = new TcpSockets(
      report,
      options.dialTimeoutMs === undefined ? {} : { dialTimeoutMs: options.dialTimeoutMs },
    );
    this.#udp = new UdpSockets(report);
    this.#dns = new DnsSockets(report, options.dnsServers);
    this.#pinger = new Pinger(report, (message) => ports.log(null, 'warning', message), options.ping);
    this.#listeners = new Listeners(report, this.#tcp);
  }

  /** What is open now; all zero once every VM is gone. */
  get counts(): { tcp: number; udp: number; dns: number; pings: number; listeners: number } {
    return {
      tcp: this.#tcp.count,
      udp: this.#udp.count,
      dns: this.#dns.count,
      pings: this.#pinger.count,
      listeners: this.#listeners.count,
    };
  }

  carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'tcp-dial':
        return this.#tcp.dial(effect.socket, effect.address, effect.port);
      case 'tcp-send':
        return this.#tcp.send(effect.socket, effect.bytes);
      case 'tcp-end':
        return this.#tcp.end(effect.socket);
      case 'tcp-destroy':
        return this.#tcp.destroy(effect.socket);
      case 'tcp-read':
        return this.#tcp.setReading(effect.socket, effect.isWanted);
      case 'udp-open':
        return this.#udp.open(effect.socket, effect.address, effect.port);
      case 'udp-send':
        return this.#udp.send(effect.socket, effect.bytes);
      case 'udp-close':
        return this.#udp.closeSocket(effect.socket);
      case 'ping':
        return this.#pinger.ping(effect.socket, effect.address, effect.payloadBytes, effect.timeoutMs);
      case 'dns-ask':
        return this.#dns.ask(effect.socket, effect.serverIndex, effect.transport, effect.message, effect.timeoutMs);
      case 'dns-cancel':
        return this.#dns.cancel(effect.socket);
      case 'listen':
        return this.#listeners.listen(effect.listener, effect.protocol, effect.address, effect.port);
      case 'unlisten':
        return this.#listeners.unlisten(effect.listener);
      case 'udp-reply':
        return this.#listeners.reply(effect.listener, effect.peer, effect.bytes);
      case 'log':
        return this.#log(effect.link, effect.level, effect.message);
    }
  }

  /** Ends a batch: what it sent to TCP connections is written now. */
  flush(): void {
    this.#tcp.flush();
  }

  close(): void {
    this.#listeners.close();
    this.#tcp.close();
    this.#udp.close();
    this.#dns.close();
    this.#pinger.close();
  }
}
