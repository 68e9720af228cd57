/** A row of a Select: its title, a short note beside it, a sentence under it. */
export interface SelectOption {
  readonly value: string;
  readonly title: string;
  readonly note?: string | undefined;
  readonly description?: string | undefined;
}
