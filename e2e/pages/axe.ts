import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
  }[];
}

/** Sets the theme as a person does in the settings, and waits until it is drawn. */
export async function setTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.evaluate((wanted) => {
    const { terrarium } = globalThis as unknown as {
      terrarium: { call(name: string, args: unknown): Promise<unknown> };
    };
    return terrarium.call('settings.set', { theme: wanted });
  }, theme);
  await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
}

/** Expects that axe finds nothing serious or critical in what shows. */
export async function expectAccessible(page: Page, view: string): Promise<void> {
  // Fading things have other colours than they will have.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished),
    ),
  );
  // Evaluated, not added as a script: the page's policy forbids that.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(context: unknown, options: unknown): Promise<AxeResults> } };
    // What xterm draws and keeps for itself is no markup of ours.
    const { violations } = await axe.run(
      { exclude: ['.xterm-rows', '.xterm-helpers'] },
      { resultTypes: ['violations'] },
    );
    // A row is called by its name and state; the rest of what stands in it is read when a person walks into it.
    const isRow = (target: readonly string[]): boolean =>
      document.querySelector(target.at(-1) ?? '')?.matches('[role=treeitem], [role=option], [role=row]') === true;
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes
          .filter(({ target }) => id !== 'label-content-name-mismatch' || !isRow(target))
          .map(({ target, failureSummary }) => `${id}: ${target.join(' ')} (${failureSummary ?? ''})`),
      );
  });
  expect(found, view).toEqual([]);
}
