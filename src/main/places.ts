import path from 'node:path';

/** Where the app's own files are, from the folder of the built main script (out/main). */
export interface AppPlaces {
  readonly preload: string;
  readonly rendererFolder: string;
  readonly resourcesFolder: string;
  readonly imageBuilderScript: string;
  readonly relayScript: string;
  readonly machineWorkerScript: string;
  readonly pageWorkerScript: string;
  readonly emulatorWasm: string;
}

export function appPlaces(mainFolder: string): AppPlaces {
  const root = path.resolve(mainFolder, '..', '..');
  return {
    preload: path.join(root, 'out', 'preload', 'index.cjs'),
    rendererFolder: path.join(root, 'out', 'renderer'),
    resourcesFolder: path.join(root, 'resources'),
    imageBuilderScript: path.join(mainFolder, 'image-builder.js'),
    relayScript: path.join(mainFolder, 'relay.js'),
    machineWorkerScript: path.join(mainFolder, 'machine-worker.js'),
    pageWorkerScript: path.join(mainFolder, 'page-worker.js'),
    emulatorWasm: path.join(root, 'node_modules', 'v86', 'build', 'v86.wasm'),
  };
}
