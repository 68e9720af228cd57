/** The states of RFC 9293 section 3.3.2; LISTEN is the core's, which has the rules about who may connect where. */
export type TcpState =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'close-wait'
  | 'closing'
  | 'last-ack'
  | 'time-wait'
  | 'closed';

/** Our side has said that it will send no more. A state that is not named stays. */
export const ON_END: Readonly<Partial<Record<TcpState, TcpState>>> = {
  established: 'fin-wait-1',
  'close-wait': 'last-ack',
};

/** The peer's FIN has been reached. */
export const ON_PEER_FIN: Readonly<Partial<Record<TcpState, TcpState>>> = {
  established: 'close-wait',
  'fin-wait-1': 'closing',
  'fin-wait-2': 'time-wait',
};

/** The peer has acknowledged our FIN. */
export const ON_FIN_ACKED: Readonly<Partial<Record<TcpState, TcpState>>> = {
  'fin-wait-1': 'fin-wait-2',
  closing: 'time-wait',
  'last-ack': 'closed',
};

/** States in which the peer may still send text (section 3.10.7.4, seventh). */
export function expectsText(state: TcpState): boolean {
  return state === 'established' || state === 'fin-wait-1' || state === 'fin-wait-2';
}

/** Both sides have said that they will send no more. */
export function hasBothEnds(state: TcpState): boolean {
  return state === 'closing' || state === 'last-ack' || state === 'time-wait';
}
