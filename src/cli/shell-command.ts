import { ownCommand } from './command/command.ts';
import { SHELL_HELP, shellCommand } from './shell.ts';

/** `terrarium shell` */
export const shell = ownCommand(SHELL_HELP, shellCommand);
