import { damagedState } from './damaged-state.ts';

/** What v86's module exports for zstd (src/rust/zstd.rs), beside everything else. Pointers may come as negative numbers. */
interface ZstdExports {
  readonly memory: WebAssembly.Memory;
  zstd_create_ctx(storedBytes: number): number;
  zstd_get_src_ptr(context: number): number;
  /** Gives 0 when the frame is broken or shorter. */
  zstd_read(context: number, rawBytes: number): number;
  zstd_read_free(pointer: number, rawBytes: number): void;
  zstd_free_ctx(context: number): void;
}

const FUNCTIONS = [
  'zstd_create_ctx',
  'zstd_get_src_ptr',
  'zstd_read',
  'zstd_read_free',
  'zstd_free_ctx',
] as const satisfies readonly (keyof ZstdExports)[];

/**
 * Decompresses zstd frames with the decoder that is in v86's WebAssembly anyway: 1 GB/s, where the page has none of its
 * own. An instance apart from the machine's, in 6 ms, so that neither sees the memory of the other.
 */
export class ZstdDecoder {
  private readonly exports: ZstdExports;

  private constructor(exports: ZstdExports) {
    this.exports = exports;
  }

  static async create(wasm: WebAssembly.Module): Promise<ZstdDecoder> {
    const { exports } = await WebAssembly.instantiate(wasm, { env: unusedImports(wasm) });
    if (!isZstdExports(exports)) throw new Error("v86's WebAssembly has no zstd decoder");
    return new ZstdDecoder(exports);
  }

  /**
   * @param use is given the bytes where they are, valid until it returns
   * @throws FailureError `damaged` for what is no frame of at least that many bytes
   */
  decode<T>(frame: Uint8Array, rawBytes: number, use: (raw: Uint8Array) => T): T {
    const { exports } = this;
    const context = exports.zstd_create_ctx(frame.byteLength);
    const source = exports.zstd_get_src_ptr(context) >>> 0;
    // Its memory may grow at each call, so views of it are made anew.
    new Uint8Array(exports.memory.buffer, source, frame.byteLength).set(frame);
    const pointer = exports.zstd_read(context, rawBytes) >>> 0;
    try {
      if (pointer === 0) throw damagedState('a compressed part of it cannot be read');
      const used = use(new Uint8Array(exports.memory.buffer, pointer, rawBytes));
      exports.zstd_read_free(pointer, rawBytes);
      return used;
    } finally {
      exports.zstd_free_ctx(context);
    }
  }
}

/** The emulator's imports. Decompressing calls none of them. */
function unusedImports(wasm: WebAssembly.Module): WebAssembly.ModuleImports {
  const imports: WebAssembly.ModuleImports = {};
  for (const { name, kind } of WebAssembly.Module.imports(wasm)) {
    imports[name] =
      kind === 'table' ? new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_ENTRIES }) : refuseCall(name);
  }
  return imports;
}

/** As many as v86 gives its own (src/browser/starter.js). */
const TABLE_ENTRIES = 1024;

function refuseCall(name: string): () => void {
  return () => {
    throw new Error(`the zstd decoder called ${name}`);
  };
}

function isZstdExports(exports: object): exports is ZstdExports {
  const values = new Map<string, unknown>(Object.entries(exports));
  return (
    values.get('memory') instanceof WebAssembly.Memory &&
    FUNCTIONS.every((name) => typeof values.get(name) === 'function')
  );
}
