import type { SocketFailure } from '../stack/effects.ts';

const FAILURES: Readonly<Record<string, SocketFailure>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  // No source address of the right family, or a packet filter of the host that says no.
  EADDRNOTAVAIL: 'unreachable',
  EAFNOSUPPORT: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ETIMEDOUT: 'timed-out',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
};

/** What an error of one of Node's sockets means to the VM that caused it. */
export function socketFailure(error: unknown): SocketFailure {
  return FAILURES[errorCode(error) ?? ''] ?? 'failed';
}

/** `ECONNREFUSED` and the like; null when the error is not the system's. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
