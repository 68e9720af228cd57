/**
 * The parts of v86 0.5.462 used beyond its public API, as types. Each is private to v86 and may
 * change with any release; docs/v86-internals.md says why each is needed and where it is defined.
 */

export interface V86Internals {
  readonly v86: { readonly cpu: Cpu; next_tick(delayMs: number): void };
  readonly fs9p: StoredFileSystem;
  readonly bus: { send(event: string, value: unknown): void };
  readonly cpu_is_running: boolean;
  /** Only with a `relay_url`: ours is `fetch`. */
  readonly network_adapter?: FetchAdapter;
  add_listener(event: string, listener: (value: unknown) => void): void;
  run(): Promise<void>;
  stop(): Promise<void>;
}

export interface Cpu {
  /** Guest RAM, a view into the wasm memory. */
  readonly mem8: Uint8Array;
  /** What all of the machine's memory lies in. */
  readonly wasm_memory: WebAssembly.Memory;
  readonly memory_size: Int32Array;
  readonly in_hlt: Uint8Array;
  /** Views that v86's own set_state replaces by plain values (src/cpu.js:757-759). */
  last_result: Int32Array;
  fpu_status_word: Uint16Array;
  mxcsr: Int32Array;
  readonly devices: {
    readonly virtio_console: { readonly virtio: { readonly queues: readonly VirtQueue[] } };
    readonly virtio_9p: FileServer;
    readonly virtio_net: { readonly virtio: VirtioDevice };
    readonly vga: Vga;
  };
  /** Runs the guest for a slice. @returns how long to sleep after it, in milliseconds */
  main_loop(): number;
  /** Settings of the compiler of guest code; 1 is how many pages it puts into one module. */
  set_jit_config(index: number, value: number): void;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
  pack_memory(): { bitmap: { get_buffer(): ArrayBuffer }; packed_memory: Uint8Array };
  unpack_memory(bitmap: unknown, packed: Uint8Array): void;
}

/** The display card. What it shows goes through its screen adapter. */
export interface Vga {
  readonly screen: ScreenAdapter;
  readonly graphical_mode: boolean;
  readonly max_cols: number;
  readonly max_rows: number;
  screen_width: number;
  readonly screen_height: number;
  readonly virtual_width: number;
  readonly virtual_height: number;
  readonly svga_bpp: number;
  /** Null until a graphics mode was set where there is an ImageData. */
  readonly image_data: ScreenLayer['image_data'];
  set_size_graphical(width: number, height: number, virtualWidth: number, virtualHeight: number, bits: number): void;
  update_layers(): void;
  update_cursor(): void;
  update_cursor_scanline(): void;
  /** Has everything drawn anew: text at once, pixels when the buffer is filled. */
  complete_redraw(): void;
  /** The same for modes of planes. */
  complete_replot(): void;
  /** Draws pixels that have changed, and passes them to the adapter. */
  screen_fill_buffer(): void;
}

/** Colours are 0xRRGGBB. */
export interface ScreenAdapter {
  put_char(row: number, column: number, character: number, flags: number, background: number, foreground: number): void;
  set_size_text(columns: number, rows: number): void;
  set_size_graphical(width: number, height: number, virtualWidth: number, virtualHeight: number): void;
  update_cursor(row: number, column: number): void;
  update_cursor_scanline(start: number, end: number, isEnabled: boolean): void;
  clear_screen(): void;
  update_buffer(layers: readonly ScreenLayer[]): void;
}

/** A rectangle of a buffer, and where it is seen. It may reach over the edges of both. */
export interface ScreenLayer {
  readonly image_data: {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
  } | null;
  readonly screen_x: number;
  readonly screen_y: number;
  readonly buffer_x: number;
  readonly buffer_y: number;
  readonly buffer_width: number;
  readonly buffer_height: number;
}

/** The part all virtio devices share. A restored state replaces the feature words. */
export interface VirtioDevice {
  readonly queues: readonly VirtQueue[];
  /** What the device offers and what the driver took of it, in words of 32 bits. */
  readonly device_feature: Uint32Array;
  readonly driver_feature: Uint32Array;
  readonly device_status: number;
}

export interface VirtQueue {
  /** Buffers the guest's ring has, and the most it may choose. Both are in states. */
  readonly size: number;
  size_supported: number;
  /** Counts the requests taken, modulo 2^16. */
  avail_last_idx: number;
  set_size(size: number): void;
  is_configured(): boolean;
  has_request(): boolean;
  pop_request(): BufferChain;
  push_reply(chain: BufferChain): void;
  /** Shows the guest all replies pushed, with one interrupt. */
  flush_replies(): void;
}

export interface BufferChain {
  readonly length_readable: number;
  /** What the guest claims, a signed number. */
  readonly length_writable: number;
  get_next_blob(into: Uint8Array): number;
  /** Goes on where the last one ended. */
  set_next_blob(bytes: Uint8Array): number;
}

/** v86's network without a relay. `send` takes the guest's frames, `receive` is called with those for the guest. */
export interface FetchAdapter {
  /** By both ends' addresses and ports. */
  readonly tcp_conn: Readonly<Record<string, FetchConnection>>;
  send(frame: Uint8Array): void;
  receive(frame: Uint8Array): void;
  fetch: (url: string, options: { readonly headers: Headers } & RequestInit) => Promise<Response>;
}

/** One of its TCP connections: no retransmission and at most one segment on its way. */
export interface FetchConnection {
  readonly net: FetchAdapter;
  readonly tuple: string;
  readonly events_handlers: { readonly data?: (this: FetchConnection, bytes: Uint8Array) => Promise<void> };
  /** For the guest and not confirmed by it. */
  readonly send_buffer: { readonly length: number };
  /** As long as a segment's payload may be. */
  readonly send_chunk_buf: Uint8Array;
  /** A segment is on its way. */
  readonly pending?: boolean;
  /** The guest's segment that came last. */
  readonly last: unknown;
  seq: number;
  state: string;
  /** In place of the listener before. */
  on(event: 'data', listener: (bytes: Uint8Array) => void): void;
  process(segment: unknown): void;
  /** Forgets it. */
  release(): void;
}

export interface FileServer {
  readonly virtqueue: VirtQueue;
  /** What clients have open, by their own numbers. */
  fids: unknown[];
  Createfid(inode: number, type: number, uid: number, name: string): unknown;
  ReceiveRequest(chain: BufferChain): Promise<void>;
  SendError(tag: number, message: string, errno: number): void;
  SendReply(chain: BufferChain): void;
}

export interface Inode {
  /** What 9p calls it by. */
  readonly qid: { readonly path: number };
  mode: number;
  size: number;
  uid: number;
  gid: number;
  mtime: number;
  ctime: number;
  atime: number;
  /** 2: its bytes are with the storage, under this hash. */
  readonly status: number;
  readonly nlinks: number;
  readonly symlink: string;
  readonly direntries: Map<string, number>;
}

export interface FileStorage {
  read(sha256: string, offset: number, count: number, sizeBytes: number): Promise<Uint8Array>;
  cache(sha256: string, bytes: Uint8Array): Promise<void>;
  uncache(sha256: string): void;
}

export interface FileSystem {
  storage: FileStorage;
  readonly inodes: readonly Inode[];
  /** What was written, by inode. Longer than the file's size where v86 left room to grow. */
  readonly inodedata: Record<number, Uint8Array>;
  load_from_json(json: unknown): void;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
  SearchPath(path: string): { id: number; parentid: number; name: string };
  GetInode(id: number): Inode;
  IsDirectory(id: number): boolean;
  Search(parentId: number, name: string): number;
  Read(id: number, offset: number, count: number): Promise<Uint8Array | null>;
  CreateBinaryFile(name: string, parentId: number, bytes: Uint8Array): Promise<number>;
  Unlink(parentId: number, name: string): number;
  DeleteData(id: number): Promise<void>;
}

export interface StoredInode extends Inode {
  readonly sha256sum: string;
}

/** The file system with its storage, where it is bounded. */
export interface StoredFileSystem extends FileSystem {
  total_size: number;
  readonly used_size: number;
  readonly inodes: readonly StoredInode[];
  OpenInode(id: number, mode: number | undefined): Promise<void>;
  set_data(id: number, bytes: Uint8Array): Promise<void>;
  ChangeSize(id: number, sizeBytes: number): Promise<void>;
  Write(id: number, offset: number, count: number, bytes: Uint8Array): Promise<void>;
}
