import { ownCommand } from './command/command.ts';
import { RUN_HELP } from './run-plan.ts';
import { runCommand } from './run.ts';

/** `terrarium run` */
export const run = ownCommand(RUN_HELP, runCommand);
