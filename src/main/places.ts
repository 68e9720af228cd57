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

/** A packaged app lies in an archive that only Electron sees into; what threads and tools read lies beside it. */
const outside = (folder: string): string => folder.replace(/\bapp\.asar(?=[\\/]|$)/, 'app.asar.unpacked');

export function appPlaces(mainFolder: string): AppPlaces {
  const root = path.resolve(mainFolder, '..', '..');
  const readable = outside(root);
  const scripts = outside(mainFolder);
  return {
    preload: path.join(root, 'out', 'preload', 'index.cjs'),
    rendererFolder: path.join(root, 'out', 'renderer'),
    resourcesFolder: path.join(readable, 'resources'),
    imageBuilderScript: path.join(scripts, 'image-builder.js'),
    relayScript: path.join(scripts, 'relay.js'),
    machineWorkerScript: path.join(scripts, 'machine-worker.js'),
    pageWorkerScript: path.join(scripts, 'page-worker.js'),
    emulatorWasm: path.join(readable, 'node_modules', 'v86', 'build', 'v86.wasm'),
  };
}
