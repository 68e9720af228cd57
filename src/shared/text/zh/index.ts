import type { Words } from '../words.ts';
import type { en } from '../en/index.ts';
import { commands } from './commands.ts';

export const zh: Words<typeof en> = { ...commands };
