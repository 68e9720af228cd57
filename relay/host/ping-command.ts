/** A program and its arguments. Nothing of it passes a shell. */
export interface PingCommand {
  readonly program: string;
  readonly args: readonly string[];
}

export type PingReply = 'echo' | 'unreachable' | 'timed-out';

/** Larger echo requests need fragments, which some networks lose; the program itself takes this much. */
const PAYLOAD_MAX_BYTES = 65_000;

/**
 * How this system's `ping` sends one echo request: iputils and BusyBox on Linux, BSD's two programs on macOS, and
 * Windows' own.
 * @param address canonical text of an IP address: digits, letters a to f, dots and colons, so never an option
 */
export function pingCommand(
  platform: NodeJS.Platform,
  address: string,
  payloadBytes: number,
  timeoutMs: number,
): PingCommand {
  const isV6 = address.includes(':');
  const size = String(Math.max(0, Math.min(PAYLOAD_MAX_BYTES, Math.floor(payloadBytes))));
  const wait = Math.max(1, Math.ceil(timeoutMs));
  if (platform === 'win32') {
    return { program: 'ping', args: [isV6 ? '-6' : '-4', '-n', '1', '-w', String(wait), '-l', size, address] };
  }
  if (platform === 'darwin') {
    // BSD's ping6 has no time limit of its own; the caller's ends it.
    if (isV6) return { program: 'ping6', args: ['-n', '-c', '1', '-s', size, address] };
    return { program: 'ping', args: ['-n', '-c', '1', '-W', String(wait), '-s', size, address] };
  }
  const waitS = String(Math.ceil(wait / 1000));
  return { program: 'ping', args: [isV6 ? '-6' : '-4', '-n', '-c', '1', '-W', waitS, '-s', size, address] };
}

/** With no answer at all: 1 on Linux and Windows, 2 on BSD, where other failures are 64 and above. */
const NO_ANSWER_CODES: Partial<Record<NodeJS.Platform, number>> = { darwin: 2 };

/**
 * What came of it. Windows ends with 0 for any answer, also when a router says that the host is unreachable.
 * @param exitCode null when the program was killed
 */
export function pingReply(platform: NodeJS.Platform, exitCode: number | null, output: string): PingReply {
  if (exitCode === null) return 'timed-out';
  const saysUnreachable = /unreachable|no route|prohibited|exceeded|filtered/i.test(output);
  if (exitCode === 0) return platform === 'win32' && saysUnreachable ? 'unreachable' : 'echo';
  if (saysUnreachable) return 'unreachable';
  return exitCode === (NO_ANSWER_CODES[platform] ?? 1) ? 'timed-out' : 'unreachable';
}
