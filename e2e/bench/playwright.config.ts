import { defineConfig } from '@playwright/test';

// Not a test: `npm run bench -- relay` has a guest of the real app transfer what its headless one did.
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 60_000 },
  globalSetup: '../fixtures/global-setup.ts',
  reporter: 'list',
  use: { screenshot: 'only-on-failure' },
});
