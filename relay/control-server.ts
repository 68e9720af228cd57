import type { PortLike } from '../src/shared/bulk/port.ts';
import { portLink } from '../src/shared/link/port-link.ts';
import { err, ok, toErr, type Result } from '../src/shared/result.ts';
import type { NetworkView } from '../src/shared/model/network.ts';
import { readOrder, type RelayOrder, type RelayReport } from './control.ts';
import type { RelayLogEntry } from './relay-log.ts';
import type { Relay, RelayLink } from './relay.ts';

/** The relay's end of the channel to whoever started its process. */
export interface ControlChannel {
  post(report: RelayReport): void;
  /** Set once. `port` is the one that came with the message, if any. */
  onMessage(listener: (message: unknown, port: PortLike | null) => void): void;
}

export interface ControlServerOptions {
  createRelay(log: (entry: RelayLogEntry) => void): Relay;
  /** The relay is closed; the process should end. */
  onShutdown(): void;
}

/** Carries out the orders of the app on a relay. */
export function serveControl(channel: ControlChannel, options: ControlServerOptions): void {
  const relay = options.createRelay((entry) => channel.post({ t: 'log', ...entry }));
  const links = new Map<number, RelayLink>();
  const warn = (message: string): void => channel.post({ t: 'log', level: 'warning', vmId: null, message });

  const attach = (order: RelayOrder & { t: 'attach' }, port: PortLike | null): Result<void> => {
    if (!port) return err('bad-input', 'The VM’s network link came without its port.');
    if (links.has(order.link)) {
      port.close();
      return err('exists', 'This network link is attached already.');
    }
    const onEnd = (): void => {
      if (links.delete(order.link)) channel.post({ t: 'link-ended', link: order.link });
    };
    try {
      links.set(order.link, relay.attach(portLink(port), { vm: order.vm, settings: order.settings, onEnd }));
    } catch (cause) {
      port.close();
      throw cause;
    }
    return ok();
  };

  const carryOut = async (order: RelayOrder, port: PortLike | null): Promise<Result<NetworkView | void>> => {
    if (order.t === 'attach') return attach(order, port);
    if (order.t === 'shutdown') {
      links.clear();
      relay.close();
      return ok();
    }
    const link = links.get(order.link);
    if (!link) return err('not-found', 'This VM is not on the network.');
    switch (order.t) {
      case 'detach':
        links.delete(order.link);
        link.detach();
        return ok();
      case 'configure':
        return link.configure(order.settings);
      case 'view': {
        const view = link.view();
        return view ? ok(view) : err('not-found', 'This VM is not on the network.');
      }
      case 'capture-start':
        return link.startCapture(order.path);
      case 'capture-stop':
        await link.stopCapture();
        return ok();
    }
  };

  const answer = async (order: RelayOrder, port: PortLike | null): Promise<void> => {
    const { request } = order;
    let result: Result<NetworkView | void>;
    try {
      result = await carryOut(order, port);
    } catch (cause) {
      result = toErr(cause);
    }
    if (!result.ok) channel.post({ t: 'failed', request, error: { ...result.error } });
    else channel.post(result.value ? { t: 'done', request, view: mutable(result.value) } : { t: 'done', request });
    if (order.t === 'shutdown') options.onShutdown();
  };

  channel.onMessage((message, port) => {
    const order = readOrder(message);
    if (order) void answer(order, port);
    else {
      port?.close();
      warn('The network was sent an order it does not know, and left it out.');
    }
  });
  channel.post({ t: 'ready' });
}

/** The same rows; a message's type has no read-only arrays. */
function mutable(view: NetworkView): Extract<RelayReport, { t: 'done' }>['view'] {
  return {
    ...view,
    connections: [...view.connections],
    forwards: view.forwards.map((row) => ({ ...row })),
  };
}
