const TYPED_ARRAYS = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
export type TypedArrayName = keyof typeof TYPED_ARRAYS;
export type TypedArray = InstanceType<(typeof TYPED_ARRAYS)[TypedArrayName]>;

export function isTypedArrayName(name: unknown): name is TypedArrayName {
  return typeof name === 'string' && Object.hasOwn(TYPED_ARRAYS, name);
}

/** The kind of array a value is, or null for anything else. */
export function typedArrayName(value: object): TypedArrayName | null {
  // v86's views into wasm memory are proxies (src/lib.js `view`): they look themselves up anew at
  // each access, because growing wasm memory detaches every view. Their constructor is bound.
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  const plain = typeof name === 'string' ? name.replace(/^bound /, '') : name;
  return isTypedArrayName(plain) && typeof (value as { BYTES_PER_ELEMENT?: unknown }).BYTES_PER_ELEMENT === 'number'
    ? plain
    : null;
}

/** What all typed arrays and v86's views into wasm memory have. */
export interface ArrayView {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
}

/** A plain view of what a v86 view shows now. Valid until wasm memory grows. */
export function plainBytes(view: ArrayView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.length * view.BYTES_PER_ELEMENT);
}

/** An array of that kind over a buffer of its own. */
export function typedArray(name: TypedArrayName, buffer: ArrayBuffer): TypedArray {
  return new TYPED_ARRAYS[name](buffer);
}

export function elementBytes(name: TypedArrayName): number {
  return TYPED_ARRAYS[name].BYTES_PER_ELEMENT;
}
