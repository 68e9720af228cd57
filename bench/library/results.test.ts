import { describe, expect, it } from 'vitest';
import { figureOf } from '../figure.ts';
import type { KeeperRound } from './compare.ts';
import { againstTool, besideTool, sumOf } from './results.ts';

const round = (sizeBytes: number, saveMs: number, restoreMs: number): KeeperRound => ({
  sizeBytes,
  saveMs,
  restoreMs,
  insideSaveMs: saveMs - 50,
  insideRestoreMs: restoreMs - 50,
});

describe('besideTool', () => {
  it('asks for half the time', () => {
    const ours = [round(90e6, 500, 501), round(90e6, 500, 501)];
    const figures = besideTool('restic', 'restic 0', ours, [round(90e6, 1000, 1000)]).map(figureOf);
    expect(figures.map(({ name, pass }) => [name, pass])).toEqual([
      ['save-running-beside-restic', true],
      ['restore-running-beside-restic', false],
    ]);
  });
});

describe('againstTool', () => {
  it('asks for no more bytes, and tells the times', () => {
    const ours = [round(90e6, 500, 501), round(90e6, 500, 501)];
    const figures = againstTool('restic', 'restic 0', ours, [round(90e6, 1000, 1000)]).map(figureOf);
    expect(figures.map(({ name, goal, pass }) => [name, goal, pass])).toEqual([
      ['size-against-restic', '<=1', true],
      ['save-against-restic', null, true],
      ['restore-against-restic', null, true],
    ]);
    expect(figures[0]).toMatchObject({ value: 90, baseline: 90, unit: 'MB', runs: 2 });
  });

  it('fails for one byte more', () => {
    const [size] = againstTool('borg', 'borg 0', [round(90e6 + 1, 1, 1)], [round(90e6, 9, 9)]).map(figureOf);
    expect(size?.pass).toBe(false);
  });
});

describe('sumOf', () => {
  it('has no goal', () => {
    const figure = figureOf(sumOf('inside', [round(1, 150, 1)], ({ insideSaveMs }) => insideSaveMs));
    expect(figure).toMatchObject({ value: 100, goal: null, pass: true });
  });
});
