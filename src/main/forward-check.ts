import { isIP } from 'node:net';
import type { Forward, NetworkSettings } from '../shared/model/network.ts';
import { err, ok, type Result } from '../shared/result.ts';

const ANY = ['0.0.0.0', '::'];

/** Whether the forwards of one VM can all listen at once, as far as it can be known beforehand. */
export function checkForwards(settings: NetworkSettings): Result<NetworkSettings> {
  const { forwards } = settings;
  for (const [index, forward] of forwards.entries()) {
    if (isIP(forward.hostAddress) === 0)
      return err('bad-input', `“${forward.hostAddress}” is no address of this computer. Nothing was changed.`);
    if (forwards.slice(0, index).some((other) => meets(other, forward))) {
      return err(
        'exists',
        `Two forwards want ${forward.protocol.toUpperCase()} port ${forward.hostPort} of this computer. Nothing was changed; choose another port for one.`,
      );
    }
  }
  return ok(settings);
}

/**
 * Forwards that let other computers in and were not there before: a person is asked for these, since the page that sends
 * the settings shows what guests wrote.
 */
export function newSharedForwards(before: NetworkSettings, after: NetworkSettings): readonly Forward[] {
  return after.forwards.filter(
    (forward) => !isLoopback(forward.hostAddress) && !before.forwards.some((other) => isSame(other, forward)),
  );
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

function isSame(a: Forward, b: Forward): boolean {
  return (
    a.protocol === b.protocol &&
    a.hostAddress === b.hostAddress &&
    a.hostPort === b.hostPort &&
    a.guestPort === b.guestPort
  );
}

function meets(a: Forward, b: Forward): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort) return false;
  if (a.hostAddress === b.hostAddress) return true;
  return isIP(a.hostAddress) === isIP(b.hostAddress) && (ANY.includes(a.hostAddress) || ANY.includes(b.hostAddress));
}
