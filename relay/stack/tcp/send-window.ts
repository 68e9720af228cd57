import { seqLe, seqLt, type SeqNum } from './seqnum.ts';

/** The peer's receive window as it last announced it (SND.WND, SND.WL1 and SND.WL2). */
export class SendWindow {
  bytes = 0;
  /** MAX.SND.WND. */
  widestBytes = 0;
  private seq: SeqNum = 0;
  private ack: SeqNum = 0;

  set(seq: SeqNum, ack: SeqNum, bytes: number): void {
    this.seq = seq;
    this.ack = ack;
    this.bytes = bytes;
    if (bytes > this.widestBytes) this.widestBytes = bytes;
  }

  /** Takes the announcement unless a later segment's is known (RFC 9293 section 3.10.7.4, fifth). */
  update(seq: SeqNum, ack: SeqNum, bytes: number): void {
    if (seqLt(this.seq, seq) || (this.seq === seq && seqLe(this.ack, ack))) this.set(seq, ack, bytes);
  }
}
