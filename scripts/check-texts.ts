import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from './setup/child.ts';
import { literalTexts } from './texts/literal-text.ts';

/** A step of `npm run check`: what people read comes from the catalogue (src/shared/text), in every language. */
const folder = path.join(PROJECT_ROOT, 'src', 'renderer', 'src');
let count = 0;
for (const name of (await readdir(folder, { recursive: true })).sort()) {
  // The page for developers is in English, as the code is.
  if (!name.endsWith('.svelte') || name.startsWith(path.join('ui', 'design'))) continue;
  const file = path.join(folder, name);
  for (const { line, text } of literalTexts(await readFile(file, 'utf8'))) {
    process.stdout.write(`${path.relative(PROJECT_ROOT, file)}:${line}: “${text}” is not in the catalogue\n`);
    count += 1;
  }
}
process.exitCode = count === 0 ? 0 : 1;
