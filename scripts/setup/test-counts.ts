import { readFile } from 'node:fs/promises';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of those that passed: on a second try. */
  readonly retried: number;
}

/** The counts in the report of vitest's `json` reporter; null when there is no report. */
export async function vitestCounts(file: string): Promise<Counts | null> {
  const report = await readObject(file);
  if (report === null) return null;
  return {
    passed: number(report, 'numPassedTests'),
    failed: number(report, 'numFailedTests'),
    skipped: number(report, 'numPendingTests') + number(report, 'numTodoTests'),
    retried: 0,
  };
}

/** The counts in the report of Playwright's `json` reporter; null when there is no report. */
export async function playwrightCounts(file: string): Promise<Counts | null> {
  const report = await readObject(file);
  const stats = report === null ? null : report['stats'];
  if (!isObject(stats)) return null;
  return {
    passed: number(stats, 'expected') + number(stats, 'flaky'),
    failed: number(stats, 'unexpected'),
    skipped: number(stats, 'skipped'),
    retried: number(stats, 'flaky'),
  };
}

async function readObject(file: string): Promise<Record<string, unknown> | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed: unknown = JSON.parse(text);
  return isObject(parsed) ? parsed : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function number(object: Record<string, unknown>, name: string): number {
  const value = object[name];
  return typeof value === 'number' ? value : 0;
}
