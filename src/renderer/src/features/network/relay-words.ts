import type { RelayStatus } from '../../../../shared/model/relay-status.ts';

const WORDS: Record<RelayStatus['phase'], string> = {
  idle: 'Network idle',
  running: 'Network on',
  restarting: 'Reconnecting…',
  failed: 'Network down',
};

const SENTENCES: Record<RelayStatus['phase'], string> = {
  idle: 'The relay carries the network of every VM. It starts with the first one.',
  running: 'The relay carries the network of every VM.',
  restarting: 'The relay ended unexpectedly and is being started again. VMs reconnect by themselves.',
  failed:
    'The relay ended again and again, so VMs have no network; everything else works. It is tried again every half minute. Restarting Terrarium may help.',
};

/** A few words for the indicator. */
export function relayWords({ phase }: RelayStatus): string {
  return WORDS[phase];
}

/** All there is to say about the relay. */
export function relaySentence({ phase, restarts }: RelayStatus): string {
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  return restarts === 0
    ? SENTENCES[phase]
    : `${SENTENCES[phase]} It was restarted ${times} since Terrarium was opened.`;
}
