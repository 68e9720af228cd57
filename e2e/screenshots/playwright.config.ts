import { defineConfig } from '@playwright/test';

// Not a test: takes the README's pictures of the real app. `npm run screenshots`.
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  globalSetup: '../fixtures/global-setup.ts',
  reporter: 'list',
});
