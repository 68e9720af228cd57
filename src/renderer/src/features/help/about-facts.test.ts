import { expect, it } from 'vitest';
import type { ImageSummary } from '../../../../shared/model/image.ts';
import { aboutFacts } from './about-facts.ts';

const info = {
  version: '1.0.0',
  electron: '33.0.0',
  chromium: '130.0.0',
  node: '20.0.0',
  v86: '0.5.0',
  platform: 'linux',
  hostMemoryMib: 16_000,
  hostCores: 8,
};
const image = (name: string, kernel: string): ImageSummary => ({ name, recipe: 'tiny', kernel }) as ImageSummary;

it('names what runs, each kernel once', () => {
  const facts = Object.fromEntries(aboutFacts(info, [image('tiny', '6.1'), image('mine', '6.1')]));
  expect(facts).toMatchObject({
    Terrarium: '1.0.0',
    Kernels: '6.1',
    Images: 'tiny and mine (tiny)',
    System: 'linux, 16 GiB of memory, 8 cores',
  });
  expect(Object.fromEntries(aboutFacts(info, []))['Kernels']).toBe('none yet');
});
