import { collectOutput } from '../../src/headless/collect-output.ts';
import { exitCodeOf } from '../../src/headless/exit-code.ts';
import type { MachineClient } from '../../src/machine/client.ts';

const OUTPUT_MAX_BYTES = 64 * 1024;

/** Runs a shell command in the guest to its end. @throws Error with what it printed when that is not 0 */
export async function runInGuest(client: MachineClient, command: string): Promise<void> {
  const process = await client.exec({ argv: ['sh', '-c', command] });
  const [result, stdout, stderr] = await Promise.all([
    process.result,
    collectOutput(process.stdout, OUTPUT_MAX_BYTES),
    collectOutput(process.stderr, OUTPUT_MAX_BYTES),
  ]);
  if (exitCodeOf(result) === 0) return;
  const printed = [stdout, stderr].map(({ bytes }) => bytes.toString('utf8')).join('');
  throw new Error(`“${command}” ended with ${exitCodeOf(result)} in the guest:\n${printed.slice(-2000)}`);
}
