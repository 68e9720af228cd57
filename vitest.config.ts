import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
// For its types of `inject`.
import type {} from './vitest.global-setup.ts';

const VM_TESTS = '**/*.vm.test.ts';

export default defineConfig({
  test: {
    environment: 'node',
    projects: [
      {
        // The page's logic keeps its state in runes (`*.svelte.ts`).
        plugins: [svelte({ configFile: false })],
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'relay/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: [VM_TESTS, '**/node_modules/**'],
          // Property tests and child processes on a busy two-core machine; a hang still ends.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'vm',
          include: [`src/${VM_TESTS}`, `relay/${VM_TESTS}`],
          globalSetup: ['./vitest.global-setup.ts'],
          // A machine takes a core and up to half a GiB: one file at a time, after the fast tests.
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 180_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
