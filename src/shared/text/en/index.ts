import { commands } from './commands.ts';

/** Every text of the app in English, by key: an area's keys begin with its name. */
export const en = { ...commands } as const;
