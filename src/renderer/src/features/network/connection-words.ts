import type { ConnectionRow } from '../../../../shared/model/network.ts';
import { t } from '../../text/text.svelte.ts';

/** Where a connection leads: `TCP 192.0.2.1:443`; one that came in through a forward also names the VM's port. */
export function endpoint({ protocol, direction, address, port, guestPort }: ConnectionRow): string {
  const host = address.includes(':') ? `[${address}]` : address;
  if (protocol === 'icmp') return `ICMP ${address}`;
  return `${protocol.toUpperCase()} ${host}:${port}${direction === 'in' ? ` → ${guestPort}` : ''}`;
}

/** What came of a connection. */
export function verdictWords(verdict: ConnectionRow['verdict']): string {
  return t(`network.verdict-${verdict}`);
}

/** Rules are about what a VM reaches out to; a forward is ended by removing it. */
export function mayDeny({ direction, verdict }: Pick<ConnectionRow, 'direction' | 'verdict'>): boolean {
  return direction === 'out' && verdict !== 'denied';
}
