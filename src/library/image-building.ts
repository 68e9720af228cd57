import type { Claims, Hold } from './claims/claims.ts';
import { beginWriting } from './claims/writing.ts';

/** This process's word that it builds an image: from the first of its files until its manifest is there. */
export class ImageBuilding {
  private readonly claims: Claims;
  private hold: Promise<Hold> | null = null;

  constructor(claims: Claims) {
    this.claims = claims;
  }

  /** More than once does no harm. */
  begin(): Promise<Hold> {
    this.hold ??= beginWriting(this.claims, 'building').catch((cause: unknown) => {
      this.hold = null;
      throw cause;
    });
    return this.hold;
  }

  async end(): Promise<void> {
    const hold = await this.hold;
    this.hold = null;
    await hold?.release();
  }
}
