import { FailureError } from '../shared/result.ts';
import { EXIT_FAILED } from './command/command.ts';
import type { Output } from './command/output.ts';

/**
 * Deletes one thing after another. What cannot be deleted is told and passed over: the others were asked for as well.
 * @param remove deletes what goes by that name and says what it was
 * @returns the exit code
 */
export async function deleteEach(
  output: Output,
  names: readonly string[],
  remove: (name: string) => Promise<{ readonly id: string; readonly name: string }>,
): Promise<number> {
  const removed: { id: string; name: string }[] = [];
  const failed: { name: string; code: string; message: string }[] = [];
  for (const name of names) {
    try {
      const gone = await remove(name);
      removed.push({ id: gone.id, name: gone.name });
      output.line(`Deleted “${gone.name}” (${gone.id}).`);
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
