import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

// The app ships on the current Electron and its tests also run on 33 (Node 20.18, Chromium 130):
// targets are set by hand to the older of the two.
const NODE_TARGET = 'node20.18';
const CHROMIUM_TARGET = 'chrome130';

export default defineConfig({
  main: {
    build: {
      target: NODE_TARGET,
      outDir: 'out/main',
      sourcemap: true,
      // Everything is bundled, so that the built app needs no node_modules but the emulator's wasm file.
      externalizeDeps: false,
      rolldownOptions: {
        input: {
          index: 'src/main/index.ts',
          'image-builder': 'src/main/image-builder.ts',
          relay: 'relay/process.ts',
          'machine-worker': 'src/machine/entry-node.ts',
          'page-worker': 'src/library/pages/entry-thread.ts',
          cli: 'src/cli/index.ts',
          terrarium: 'src/headless/index.ts',
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: NODE_TARGET,
      outDir: 'out/preload',
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'src/preload/index.ts' },
        // A sandboxed preload is a CommonJS script.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [svelte()],
    // One page and one worker, each with its own modules; nothing is inlined as a data: address (see the CSP).
    build: {
      target: CHROMIUM_TARGET,
      outDir: path.resolve('out/renderer'),
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: 'src/renderer/index.html' },
    },
    worker: { format: 'es' },
  },
});
