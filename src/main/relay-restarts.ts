/** A relay that ends sooner than this after its start will probably do so again. */
export const QUICK_DEATH_MS = 10_000;
/** The first restarts are at once: VMs should be back in well under two seconds. */
const RESTARTS_AT_ONCE = 1;
const FIRST_DELAY_MS = 250;
/** Often enough to come back by itself, rare enough to cost nothing. */
const DELAY_MAX_MS = 30_000;
/** From this many quick deaths in a row on, a person is told that the network is down. */
const DEATHS_TO_FAIL = 5;

export interface RestartPlan {
  /** Deaths in a row that each came soon after a start; to be given back at the next death. */
  readonly quickDeaths: number;
  readonly delayMs: number;
  readonly phase: 'restarting' | 'failed';
}

/**
 * What to do after the relay's process has ended.
 * @param quickDeaths of the plan before, 0 at first
 * @param livedMs from its start to its end
 */
export function planRestart(quickDeaths: number, livedMs: number): RestartPlan {
  const inRow = livedMs < QUICK_DEATH_MS ? quickDeaths + 1 : 0;
  const delayed = inRow - RESTARTS_AT_ONCE;
  return {
    quickDeaths: inRow,
    delayMs: delayed <= 0 ? 0 : Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** (delayed - 1)),
    phase: inRow >= DEATHS_TO_FAIL ? 'failed' : 'restarting',
  };
}
