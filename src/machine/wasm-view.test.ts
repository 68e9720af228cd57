import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementBytes, isTypedArrayName, plainBytes, typedArray, typedArrayName } from './wasm-view.ts';

const ARRAYS = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array];

/** What v86's `view` makes (src/lib.js): a proxy that looks the array up anew at each access. */
function v86View<T extends object>(current: () => T): T {
  return new Proxy({} as T, {
    get: (_target, property) => {
      const array = current();
      const value: unknown = Reflect.get(array, property, array);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(array) : value;
    },
  });
}

describe('typed arrays by name', () => {
  it.each(ARRAYS)('%o is known, made and measured by its name', (kind) => {
    expect(isTypedArrayName(kind.name)).toBe(true);
    expect(typedArrayName(new kind(3))).toBe(kind.name);
    const made = typedArray(kind.name as 'Uint8Array', new ArrayBuffer(16));
    expect(made).toBeInstanceOf(kind);
    expect(elementBytes(kind.name as 'Uint8Array')).toBe(kind.BYTES_PER_ELEMENT);
  });

  it.each(ARRAYS)('%o is known through a view of v86', (kind) => {
    expect(typedArrayName(v86View(() => new kind(3)))).toBe(kind.name);
  });

  it.each([null, 5, 'constructor', 'toString', '__proto__', 'BigInt64Array', 'Array', undefined])(
    '%o is no name of one',
    (name) => {
      expect(isTypedArrayName(name)).toBe(false);
    },
  );

  it.each([
    [{}],
    [[]],
    [new Map()],
    [new DataView(new ArrayBuffer(4))],
    [{ constructor: { name: 'Uint8Array' } }],
    [Object.create(null)],
  ])('%o is not one', (value: object) => {
    expect(typedArrayName(value)).toBeNull();
  });
});

describe('plainBytes', () => {
  it('shows exactly the bytes of a part of a buffer', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 64 }),
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
        (bytes, skip, count) => {
          const part = new Int32Array(bytes.slice().buffer, 4 * skip, count);
          expect([...plainBytes(part)]).toEqual([...bytes.slice(4 * skip, 4 * skip + 4 * count)]);
          expect([...plainBytes(v86View(() => part))]).toEqual([...bytes.slice(4 * skip, 4 * skip + 4 * count)]);
        },
      ),
    );
  });

  it('follows memory that has grown', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const view = v86View(() => new Uint8Array(memory.buffer, 8, 4));
    plainBytes(view).set([1, 2, 3, 4]);
    memory.grow(1);
    expect([...plainBytes(view)]).toEqual([1, 2, 3, 4]);
  });
});
