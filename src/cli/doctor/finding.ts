import type { CommandContext } from '../command/command.ts';

/** `problem`: something cannot work. `warning`: it works, less well or not all of it. */
export type Level = 'ok' | 'warning' | 'problem';

/** One thing the doctor looked at. */
export interface Finding {
  /** Stable, for programs: `node`, `library`, `images` and so on. */
  readonly check: string;
  readonly level: Level;
  /** What it is. */
  readonly message: string;
  /** What to do about it; null when it is well. */
  readonly advice: string | null;
  /** What `--fix` does, where it can be done without asking. @returns what was done, as a sentence */
  readonly fix?: () => Promise<string>;
}

export type Check = (context: CommandContext) => Promise<readonly Finding[]>;

export function well(check: string, message: string): Finding {
  return { check, level: 'ok', message, advice: null };
}

export function warning(check: string, message: string, advice: string, fix?: Finding['fix']): Finding {
  return { check, level: 'warning', message, advice, ...(fix && { fix }) };
}

export function problem(check: string, message: string, advice: string, fix?: Finding['fix']): Finding {
  return { check, level: 'problem', message, advice, ...(fix && { fix }) };
}
