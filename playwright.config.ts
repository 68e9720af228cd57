import { defineConfig } from '@playwright/test';

// The real Electron app, one at a time: each has VMs of its own and the machine has few cores.
export default defineConfig({
  testDir: 'e2e/specs',
  outputDir: 'test-results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  globalSetup: './e2e/fixtures/global-setup.ts',
  reporter: 'list',
});
