import wasmUrl from 'v86/build/v86.wasm?url';
import { tunedEmulatorCode } from '../../../machine/emulator-code.ts';

/**
 * The emulator's code, compiled once and shared by every VM's worker. A failed compilation is
 * not kept, so the next launch tries again.
 */
export class CompiledEmulator {
  private module: Promise<WebAssembly.Module> | null = null;

  get(): Promise<WebAssembly.Module> {
    this.module ??= compile().catch((cause: unknown) => {
      this.module = null;
      throw cause;
    });
    return this.module;
  }
}

async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(wasmUrl);
  return WebAssembly.compile(tunedEmulatorCode(new Uint8Array(await response.arrayBuffer())));
}
