import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** `terrarium --version` */
export async function printVersion(packageFolder: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
  process.stdout.write(`terrarium ${typeof version === 'string' ? version : 'unknown'}\n`);
}
