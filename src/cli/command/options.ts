/** What options a command has, and what they are when it is called. */

export interface Option {
  /** `flag` is there or not; `value` has one value, the last one given; `values` may be given again and again. */
  readonly kind: 'flag' | 'value' | 'values';
  /** What the help calls its value. */
  readonly value?: string;
  readonly help: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** A value that was not given is null. */
export type OptionValues<T extends OptionTable> = {
  readonly [Name in keyof T]: T[Name]['kind'] extends 'flag'
    ? boolean
    : T[Name]['kind'] extends 'value'
      ? string | null
      : readonly string[];
};

/** Every list and `run` has it. */
export const JSON_OPTION = { kind: 'flag', help: 'print one JSON document instead of text' } as const satisfies Option;

/** Every command has it; it is taken before the others are looked at. */
export const HELP_OPTION = { kind: 'flag', help: 'show this' } as const satisfies Option;
