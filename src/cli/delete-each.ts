import { FailureError } from '../shared/result.ts';
import { EXIT_FAILED } from './command/command.ts';
import type { Output } from './command/output.ts';
import { sizeText } from './terminal/units.ts';

interface Removed {
  readonly id: string;
  readonly name: string;
  /** Where that is known at once; null when it could not be. */
  readonly freedBytes?: number | null;
}

/**
 * Deletes one thing after another. What cannot be deleted is told and passed over: the others were asked for as well.
 * @param remove deletes what goes by that name and says what it was
 * @returns the exit code
 */
export async function deleteEach(
  output: Output,
  names: readonly string[],
  remove: (name: string) => Promise<Removed>,
): Promise<number> {
  const removed: Removed[] = [];
  const failed: { name: string; code: string; message: string }[] = [];
  for (const name of names) {
    try {
      const gone = await remove(name);
      const { freedBytes } = gone;
      removed.push({ id: gone.id, name: gone.name, ...(freedBytes === undefined ? {} : { freedBytes }) });
      const freed = typeof freedBytes === 'number' ? ` ${sizeText(freedBytes)} were freed.` : '';
      output.line(`Deleted “${gone.name}” (${gone.id}).${freed}`);
    } catch (caught) {
      if (!(caught instanceof FailureError)) throw caught;
      // Alone it is the failure of the command.
      if (names.length === 1) throw caught;
      failed.push({ name, code: caught.code, message: caught.message });
      output.complain(caught.message);
    }
  }
  output.json({ removed, failed });
  return failed.length === 0 ? 0 : EXIT_FAILED;
}
