import type { GuestRuns } from './guest-transfer.ts';

/** What e2e/bench/relay-guest.spec.ts leaves in the file that TERRARIUM_BENCH_REPORT names. */
export type AppGuestReport =
  | { readonly t: 'measured'; readonly electron: string; readonly measured: GuestRuns }
  | { readonly t: 'not-started'; readonly why: string };
