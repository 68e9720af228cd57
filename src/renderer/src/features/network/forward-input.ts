import type { Forward } from '../../../../shared/model/network.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import { isPort } from './rule-input.ts';
import { t } from '../../text/text.svelte.ts';

/** A port forward as it stands in the fields of its form. */
export interface ForwardDraft {
  readonly protocol: Forward['protocol'];
  readonly hostPort: string;
  readonly guestPort: string;
  /** Whether other computers may use it, not only this one. */
  readonly isShared: boolean;
}

export const EMPTY_FORWARD: ForwardDraft = { protocol: 'tcp', hostPort: '', guestPort: '', isShared: false };

/** Only programs of this computer reach it. */
export const LOOPBACK = '127.0.0.1';
/** Every network of this computer. */
const EVERYWHERE = '0.0.0.0';

/** @param existing the VM's forwards: a port of the host leads to one place */
export function forwardFromDraft(draft: ForwardDraft, existing: readonly Forward[]): Result<Forward> {
  const hostPort = parsePort(draft.hostPort, t('network.bad-host-port'));
  if (!hostPort.ok) return hostPort;
  // Most often the same port is meant.
  const guestPort = draft.guestPort.trim() === '' ? hostPort : parsePort(draft.guestPort, t('network.bad-vm-port'));
  if (!guestPort.ok) return guestPort;
  const taken = existing.find(({ protocol, hostPort: port }) => protocol === draft.protocol && port === hostPort.value);
  if (taken) return err('exists', t('network.forward-exists', { name: forwardName(taken), port: taken.guestPort }));
  return ok({
    protocol: draft.protocol,
    hostAddress: draft.isShared ? EVERYWHERE : LOOPBACK,
    hostPort: hostPort.value,
    guestPort: guestPort.value,
  });
}

/** A forward as a person says it: “TCP port 8080 of this computer”. */
export function forwardName({ protocol, hostPort }: Forward): string {
  return t('network.forward-name', { protocol: protocol.toUpperCase(), port: hostPort });
}

export function isSameForward(a: Forward, b: Forward): boolean {
  return (
    a.protocol === b.protocol &&
    a.hostAddress === b.hostAddress &&
    a.hostPort === b.hostPort &&
    a.guestPort === b.guestPort
  );
}

function parsePort(text: string, refusal: string): Result<number> {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : NaN;
  return isPort(port) ? ok(port) : err('bad-input', refusal);
}
