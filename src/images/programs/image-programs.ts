import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import type { DebianPackages } from '../packages/apt/debian-packages.ts';
import type { ApkPackage } from '../packages/apk/package-file.ts';
import { ALPINE_BUSYBOX } from '../busybox.ts';
import { extractDeb } from '../packages/apt/deb.ts';
import { findTool } from '../packages/tool.ts';

/** What every image gets, whatever its root file system is: its machine's firmware, and a static busybox for our scripts. */
export interface ImagePrograms {
  readonly busybox: Uint8Array;
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array;
  /** Of the packages that they came in. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The packages of Debian that have them. */
export const DEBIAN_PROGRAMS = ['busybox-static', 'seabios'] as const;
/** The packages of Alpine that have them. */
export const ALPINE_PROGRAMS = ['busybox-static', 'seabios-bin', 'seavgabios-bin'] as const;
const ALPINE_PLACES = {
  busybox: ALPINE_BUSYBOX,
  bios: /^usr\/share\/seabios\/bios\.bin$/,
  vgaBios: /^usr\/share\/seavgabios\/vgabios-stdvga\.bin$/,
};

/**
 * From Debian's packages.
 * @param folder where they are unpacked
 */
export async function debianPrograms(
  packages: DebianPackages,
  folder: string,
  signal: AbortSignal,
): Promise<ImagePrograms> {
  const [busybox, seabios] = await packages.download(DEBIAN_PROGRAMS);
  if (!busybox || !seabios) throw new Error('apt gave fewer packages than asked for');
  await extractDeb(seabios.path, path.join(folder, 'seabios'), signal);
  await extractDeb(busybox.path, path.join(folder, 'busybox'), signal);
  const read = async (...places: readonly string[]): Promise<Uint8Array> => {
    for (const place of places) {
      const bytes = await readFile(path.join(folder, place)).catch(() => null);
      if (bytes !== null) return bytes;
    }
    throw misplaced();
  };
  return {
    busybox: await read('busybox/bin/busybox', 'busybox/usr/bin/busybox'),
    bios: await read('seabios/usr/share/seabios/bios.bin'),
    vgaBios: await read('seabios/usr/share/seabios/vgabios-stdvga.bin'),
    versions: { 'busybox-static': busybox.version, seabios: seabios.version },
  };
}

/** From Alpine's, for computers without Debian's apt. @param packages at least {@link ALPINE_PROGRAMS} */
export function alpinePrograms(packages: readonly ApkPackage[]): ImagePrograms {
  const find = (place: RegExp): Uint8Array => {
    for (const { entries } of packages)
      for (const entry of entries) if (entry.kind === 'file' && place.test(entry.path)) return entry.content;
    throw misplaced();
  };
  const named = packages.filter(({ record }) => ALPINE_PROGRAMS.some((name) => name === record.name));
  return {
    busybox: find(ALPINE_PLACES.busybox),
    bios: find(ALPINE_PLACES.bios),
    vgaBios: find(ALPINE_PLACES.vgaBios),
    versions: Object.fromEntries(named.map(({ record: { name, version } }) => [name, version])),
  };
}

/** Whether images can have programs of Debian's: on macOS, Windows and most of Linux they cannot. */
export async function hasApt(): Promise<boolean> {
  return (await findTool('apt-get')) !== null;
}

function misplaced(): FailureError {
  return new FailureError(
    'unsupported',
    'The packages of busybox and SeaBIOS do not hold their files where they are expected. The image was not built.',
  );
}
