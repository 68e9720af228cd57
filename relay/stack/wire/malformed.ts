/**
 * Why some bytes are not what they were taken for. Parsers return it instead of throwing, and every one is made once
 * at start-up, so that a flood of bad frames costs no memory.
 */
export class Malformed {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}
