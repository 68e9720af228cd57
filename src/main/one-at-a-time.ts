import { FailureError } from '../shared/result.ts';

/** Lets one task of a kind run: the page could not tell the progress of two apart. */
export class OneAtATime {
  private readonly refusal: string;
  private isRunning = false;

  /** @param refusal the sentence for whoever asks meanwhile */
  constructor(refusal: string) {
    this.refusal = refusal;
  }

  /** @throws FailureError `busy` at once while another runs */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.isRunning) throw new FailureError('busy', this.refusal);
    this.isRunning = true;
    try {
      return await task();
    } finally {
      this.isRunning = false;
    }
  }
}
