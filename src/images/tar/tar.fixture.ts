/** Tarballs made byte by byte, so that they can be as wrong as a stranger's. */
export interface Raw {
  readonly name: string;
  readonly type?: string;
  /** As the header states it; that of the content unless given. */
  readonly size?: number | string | Buffer;
  readonly content?: string | Buffer;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number | string;
  readonly mtime?: number;
  readonly prefix?: string;
  readonly checksum?: string;
  readonly magic?: string;
  /** Written over the finished header before its checksum is made. */
  readonly patch?: readonly (readonly [at: number, bytes: Buffer])[];
}

const BLOCK = 512;
export const END = Buffer.alloc(2 * BLOCK);

export function entry(raw: Raw): Buffer {
  const content = Buffer.from(raw.content ?? '');
  const header = Buffer.alloc(BLOCK);
  const put = (at: number, value: string | Buffer): void => void Buffer.from(value).copy(header, at);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  put(0, Buffer.from(raw.name).subarray(0, 100));
  put(100, octal(raw.mode ?? 0o644, 7));
  put(108, typeof raw.uid === 'string' ? raw.uid : octal(raw.uid ?? 0, 7));
  put(116, octal(0, 7));
  const size = raw.size ?? content.byteLength;
  put(124, typeof size === 'number' ? octal(size, 11) : size);
  put(136, octal(raw.mtime ?? 5, 11));
  put(156, raw.type ?? '0');
  put(157, Buffer.from(raw.link ?? '').subarray(0, 100));
  put(257, raw.magic ?? 'ustar\x0000');
  put(345, raw.prefix ?? '');
  for (const [at, bytes] of raw.patch ?? []) put(at, bytes);
  let sum = 8 * 0x20;
  header.forEach((byte, i) => (sum += i >= 148 && i < 156 ? 0 : byte));
  put(148, raw.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `);
  return Buffer.concat([header, padded(content)]);
}

export function tarOf(...parts: readonly (Raw | Buffer)[]): Buffer {
  return Buffer.concat([...parts.map((part) => (Buffer.isBuffer(part) ? part : entry(part))), END]);
}

/** A pax header for what follows. */
export function pax(records: Readonly<Record<string, string | Buffer>>, type = 'x'): Buffer {
  const content = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, Buffer.from(value))));
  return entry({ name: 'PaxHeaders/x', type, content });
}

/** GNU's long name (L) or link target (K) for what follows. */
export function longName(name: string, type: 'L' | 'K' = 'L'): Buffer {
  return entry({ name: '././@LongLink', type, content: `${name}\0`, magic: 'ustar  \0' });
}

export function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.byteLength + 1;
  while (String(length).length + rest.byteLength !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.byteLength % BLOCK)) % BLOCK)]);
}
