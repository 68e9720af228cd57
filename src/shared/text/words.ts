/**
 * The texts of one area in another language: the same keys. Chinese has one form for every number, so it has no keys that
 * end in `_one`.
 */
export type Words<English extends Readonly<Record<string, string>>> = Readonly<
  Record<Exclude<keyof English, `${string}_one`>, string>
>;
