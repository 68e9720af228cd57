import { summarizeImage } from '../../shared/model/image.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { sizeText, timeText } from '../terminal/units.ts';

const COLUMNS = [
  { title: 'NAME', mayShrink: true },
  { title: 'ID' },
  { title: 'KERNEL', mayShrink: true },
  { title: 'MEMORY', align: 'right' },
  { title: 'FILES', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'BUILT' },
] as const;

/** `terrarium image list` */
export const imageList = defineCommand({
  words: 'image list',
  operands: [],
  options: { json: JSON_OPTION },
  details: '',
  run: (context) =>
    withLibrary(context, async (library) => {
      const { output } = context;
      const { manifests, problems } = await library.images.list();
      const images = manifests.map(summarizeImage);
      output.json(images);
      output.tableOr(
        'There are no images yet. Build one: terrarium image build tiny',
        COLUMNS,
        images.map(({ name, id, kernel, memoryMib, fileCount, sizeBytes, createdAt }) => [
          name,
          id,
          kernel,
          `${memoryMib} MiB`,
          String(fileCount),
          sizeText(sizeBytes),
          timeText(createdAt),
        ]),
      );
      for (const problem of problems) output.complain(problem);
      return 0;
    }),
});
