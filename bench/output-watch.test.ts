import { describe, expect, it } from 'vitest';
import { OutputWatch } from './output-watch.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('OutputWatch', () => {
  it('sees a text that arrives in pieces', async () => {
    const watch = new OutputWatch();
    const seen = watch.see('# ');
    watch.push(bytes('~ #'));
    watch.push(bytes(' '));
    await seen;
  });

  it('does not take what came before for an answer', async () => {
    const watch = new OutputWatch();
    watch.push(bytes('100 %'));
    let seen = false;
    const wait = watch.see('%').then(() => {
      seen = true;
    });
    await Promise.resolve();
    expect(seen).toBe(false);
    watch.push(bytes('%'));
    await wait;
  });

  it('waits for one text at a time, and ends when the machine does', async () => {
    const watch = new OutputWatch();
    const first = watch.see('# ');
    await expect(watch.see('%')).rejects.toThrow('one wait');
    watch.fail('crashed');
    await expect(first).rejects.toThrow('crashed');
  });
});
