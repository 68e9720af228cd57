import { describe, expect, it } from 'vitest';
import { appPlaces } from './places.ts';

describe('appPlaces', () => {
  it('finds everything beside the main script', () => {
    const places = appPlaces('/work/terrarium/out/main');
    expect(places.preload).toBe('/work/terrarium/out/preload/index.cjs');
    expect(places.relayScript).toBe('/work/terrarium/out/main/relay.js');
    expect(places.resourcesFolder).toBe('/work/terrarium/resources');
  });

  it('looks outside the archive for what threads and tools read', () => {
    const places = appPlaces('/opt/terrarium/resources/app.asar/out/main');
    expect(places.rendererFolder).toBe('/opt/terrarium/resources/app.asar/out/renderer');
    expect(places.pageWorkerScript).toBe('/opt/terrarium/resources/app.asar.unpacked/out/main/page-worker.js');
    expect(places.resourcesFolder).toBe('/opt/terrarium/resources/app.asar.unpacked/resources');
    expect(places.emulatorWasm).toBe('/opt/terrarium/resources/app.asar.unpacked/node_modules/v86/build/v86.wasm');
  });
});
