import type { Result } from '../../src/shared/result.ts';
import { measureInApp } from '../in-app.ts';
import type { AppGuestReport } from './app-guest-report.ts';
import type { GuestRuns } from './guest-transfer.ts';

export interface AppGuest {
  /** The version that ran the app. */
  readonly electron: string;
  readonly measured: GuestRuns;
}

/**
 * The same transfers by a VM of the built app, its network card on the relay's own process.
 *
 * @returns why not, where Electron cannot be started
 * @throws Error when it can, and a transfer fails
 */
export function transferInApp(runs: number): Promise<Result<AppGuest>> {
  return measureInApp<AppGuestReport>('relay-guest.spec.ts', runs);
}
