import path from 'node:path';
import { ok, type Result } from '../src/shared/result.ts';
import type { RelayArguments } from './main-arguments.ts';
import { Relay, type RelayLink } from './relay.ts';
import type { RelayLogEntry } from './relay-log.ts';
import { RelayServer } from './server.ts';

export interface RelayOutput {
  /** The addresses: one line of text each, or one line of JSON. */
  print(line: string): void;
  /** The log. */
  complain(line: string): void;
}

export interface RunningRelay {
  /** As given to the VMs, one for each token. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Starts a relay with a WebSocket server and says where it is. */
export async function startRelay(args: RelayArguments, output: RelayOutput): Promise<Result<RunningRelay>> {
  const log = (entry: RelayLogEntry): void => {
    output.complain(args.isJson ? JSON.stringify(entry) : logLine(entry));
  };
  const relay = new Relay({ log });
  let connections = 0;
  const capture = async (link: RelayLink): Promise<void> => {
    if (args.pcapPath === null) return;
    connections += 1;
    const started = await link.startCapture(numberedPath(args.pcapPath, connections));
    if (!started.ok) log({ level: 'warning', vmId: link.vm.id, message: started.error.message });
  };
  const listening = await RelayServer.listen({
    relay,
    port: args.port,
    host: args.host,
    allowedOrigins: args.allowedOrigins,
    onAttach: (link) => {
      log({ level: 'info', vmId: link.vm.id, message: 'connected' });
      void capture(link);
    },
  });
  if (!listening.ok) {
    relay.close();
    return listening;
  }
  const server = listening.value;
  const tokens: readonly (string | undefined)[] = args.tokens.length > 0 ? args.tokens : [undefined];
  const urls = tokens.map((token, i) => server.addVm({ id: `vm-${i + 1}`, name: `vm${i + 1}` }, args.settings, token));
  if (args.isJson) output.print(JSON.stringify({ relay: 'ready', port: server.port, urls }));
  else for (const url of urls) output.print(url);
  return ok({
    urls,
    stop: async () => {
      await server.close();
      relay.close();
    },
  });
}

/** `trace.pcapng`, then `trace-2.pcapng` and so on. */
export function numberedPath(file: string, number: number): string {
  if (number === 1) return file;
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${number}${ext}`);
}

function logLine({ level, vmId, message }: RelayLogEntry): string {
  const who = vmId === null ? '' : `${vmId}: `;
  return level === 'warning' ? `warning: ${who}${message}` : `${who}${message}`;
}
