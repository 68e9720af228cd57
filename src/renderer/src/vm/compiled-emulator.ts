import wasmUrl from 'v86/build/v86.wasm?url';

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
  // Streaming needs the right content type, which not every protocol that can serve the page gives.
  if (response.headers.get('content-type') === 'application/wasm') return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
