import { setTimeout as delay } from 'node:timers/promises';
import { launchOurs, type TypedAt } from '../our-machine.ts';
import { DONE, PROMPT, SAY_DONE } from '../output-watch.ts';
import { launchPlain } from '../plain-machine.ts';
import type { PlainMachine, RunnerParts } from '../runner-protocol.ts';
import { serveFiles } from './file-server.ts';

/** What a restored machine still does by itself is over by then: ours greets its agent and reads its lists of files. */
const SETTLE_MS = 1500;
const TIMEOUT_MS = 180_000;

/** Types a command in a fork of our base snapshot, nothing having run in it before. @returns how long it took, in ms */
export async function typedOurs(
  parts: RunnerParts,
  { home, imageId, command }: { home: string; imageId: string; command: string },
): Promise<number> {
  const machine = await launchOurs(parts, { home, imageId, prepared: true, stateId: null });
  try {
    return await typeCommand(machine, command);
  } finally {
    machine.dispose();
  }
}

/**
 * The same with v86 alone. In Node its loader reads files from the disk; they come over HTTP here, as they do in a page.
 */
export async function typedPlain(parts: RunnerParts, machine: PlainMachine, command: string): Promise<number> {
  const server = await serveFiles(machine.filesFolder);
  try {
    const running = await launchPlain(parts, machine, true, server.baseUrl);
    try {
      return await typeCommand(running, command);
    } finally {
      running.dispose();
    }
  } finally {
    server.close();
  }
}

async function typeCommand({ terminal, type }: TypedAt, command: string): Promise<number> {
  // The launch has left a character on the line.
  const prompt = terminal.see(PROMPT);
  type('\x7f\n');
  await prompt;
  await delay(SETTLE_MS);
  const done = terminal.see(DONE);
  const at = performance.now();
  type(`${command}${SAY_DONE}`);
  const timer = setTimeout(() => terminal.fail(`“${command}” did not end well in the guest in time`), TIMEOUT_MS);
  try {
    await done;
  } finally {
    clearTimeout(timer);
  }
  return performance.now() - at;
}
