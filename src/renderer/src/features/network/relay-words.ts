import type { RelayStatus } from '../../../../shared/model/relay-status.ts';
import { joinSentences, t } from '../../text/text.svelte.ts';

/** A few words for the indicator. */
export function relayWords({ phase }: RelayStatus): string {
  return t(`network.relay-${phase}`);
}

/** All there is to say about the relay. */
export function relaySentence({ phase, restarts }: RelayStatus): string {
  const sentence = t(`network.relay-${phase}-about`);
  return restarts === 0 ? sentence : joinSentences([sentence, t('network.relay-restarts', { count: restarts })]);
}
