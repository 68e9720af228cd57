/*
 * v86 compiles a page of guest code once this many instructions of it have run: a constant in its code, unlike its other
 * settings. See docs/v86-internals.md, "The compiler of guest code", for what other numbers cost.
 */
const V86_COMPILES_AFTER = 200_000;
const WE_COMPILE_AFTER = 400_000;

const I32_CONST = 0x41;
const I32_LT_U = 0x49;

/**
 * v86.wasm as we run it: a program's first start keeps the compiler less busy with code that runs only then.
 * @throws when it is not the v86.wasm this was made for, with that constant in one place
 */
export function tunedEmulatorCode(code: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const comparison = comparedWith(V86_COMPILES_AFTER);
  const places = placesOf(code, comparison);
  const [place] = places;
  if (place === undefined || places.length > 1)
    throw new Error(`v86.wasm has ${places.length} places where pages of guest code become hot; there should be one.`);
  const tuned = new Uint8Array(code);
  tuned.set(comparedWith(WE_COMPILE_AFTER), place);
  return tuned;
}

function comparedWith(instructions: number): Uint8Array {
  return Uint8Array.of(I32_CONST, ...signedLeb128(instructions), I32_LT_U);
}

/** As WebAssembly has its constants: seven bits a byte, the lowest first; the last byte's bit 6 is the sign. */
function signedLeb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest];
}

function placesOf(bytes: Uint8Array, wanted: Uint8Array): number[] {
  const [first = 0] = wanted;
  const places: number[] = [];
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) places.push(at);
  return places;
}
