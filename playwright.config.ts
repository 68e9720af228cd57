import { defineConfig } from '@playwright/test';

// The real Electron app, one at a time: each has VMs of its own and the machine has few cores.
export default defineConfig({
  testDir: 'e2e/specs',
  outputDir: 'test-results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // A busy machine of others may starve a real app with real VMs once; the summary names each second try.
  retries: process.env['CI'] === undefined ? 0 : 1,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  globalSetup: './e2e/fixtures/global-setup.ts',
  reporter: 'list',
});
