import { summarizeImage } from '../shared/model/image.ts';
import type { CliPlaces } from './places.ts';

/** `terrarium image list` */
export async function listImages(places: CliPlaces, json: boolean): Promise<number> {
  const { manifests, problems } = await (await places.openLibrary()).images.list();
  const images = manifests.map(summarizeImage);
  if (json) process.stdout.write(`${JSON.stringify(images)}\n`);
  else {
    for (const { name, id, kernel, memoryMib, sizeBytes } of images) {
      process.stdout.write(
        `${name.padEnd(16)} ${id.padEnd(26)} ${kernel.padEnd(22)} ${memoryMib} MiB  ${(sizeBytes / 1e6).toFixed(1)} MB\n`,
      );
    }
  }
  for (const problem of problems) process.stderr.write(`terrarium: ${problem}\n`);
  return 0;
}
