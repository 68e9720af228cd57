import { withPlainTar } from '../../images/archive/plain-tar.ts';
import { KERNEL_CHOICES } from '../../shared/model/image.ts';
import { parseName } from '../../shared/model/names.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import { defineCommand } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { oneOf } from '../command/parse.ts';
import { sizeText } from '../terminal/units.ts';
import { KERNEL_OPTION, MEMORY_OPTION, memoryOption } from './build-options.ts';
import { runBuild } from './run-build.ts';

/** `terrarium image import FILE --name NAME` */
export const imageImport = defineCommand({
  words: 'image import',
  operands: ['FILE'],
  options: {
    name: { kind: 'value', value: 'NAME', help: 'what the image is called; must be given' },
    kernel: KERNEL_OPTION,
    memory: MEMORY_OPTION,
    json: JSON_OPTION,
  },
  details: `
FILE is a root file system as .tar, .tar.gz, .tar.xz or .tar.zst, made for 32-bit x86 (i386, i686) and with a
/bin/sh: a distribution’s minirootfs, what “docker export” or “docker save” writes, an OCI image, LXC’s rootfs, or
your own. Nothing of it runs on this computer. What it may not hold is refused by name; devices are left out.`,
  run: (context, { operands: [file = ''], options }) => {
    const { output, signal } = context;
    if (options.name === null) {
      throw new FailureError(
        'bad-input',
        'Say what the image shall be called: terrarium image import FILE --name NAME',
      );
    }
    const name = unwrap(parseName('image', options.name));
    const kernel = oneOf('kernel', options.kernel ?? 'auto', KERNEL_CHOICES);
    const memoryMib = memoryOption(options.memory);
    const onProgress = (readBytes: number, sizeBytes: number): void =>
      output.progress({
        step: 'Unpacking the tarball',
        detail: `${sizeText(readBytes)} of ${sizeText(sizeBytes)}`,
        fraction: readBytes / sizeBytes,
        remainingMs: null,
      });
    return withPlainTar(file, { signal, onProgress }, (tarball) =>
      runBuild(context, { recipe: 'tarball', tarball, name, kernel, memoryMib, extraPackages: [] }),
    );
  },
});
