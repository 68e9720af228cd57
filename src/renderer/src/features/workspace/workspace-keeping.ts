import * as v from 'valibot';
import type { VmId } from '../../../../shared/model/ids.ts';
import { isShellId, type ShellId } from '../../vm/terminal-id.ts';
import { parseWorkspace, savedWorkspace, vmId, type WorkspaceModel } from './workspace-model.ts';

/** What one terminal showed, at most: some thousand lines. */
export const SCREEN_MAX_CHARACTERS = 200_000;

/** What a shell's terminal showed, as xterm can write it again. */
export interface KeptScreen {
  /** Whose shell it is; left out by Terrariums that kept only those of the workspace's own VM. */
  readonly vmId?: VmId | undefined;
  readonly id: ShellId;
  readonly screen: string;
}

const kept = v.object({
  layout: v.unknown(),
  screens: v.pipe(
    v.array(
      v.object({
        vmId: v.optional(vmId),
        id: v.custom<ShellId>(isShellId),
        screen: v.pipe(v.string(), v.maxLength(SCREEN_MAX_CHARACTERS)),
      }),
    ),
    v.maxLength(100),
  ),
});

/** A workspace as text. Screens that do not fit into so many characters are left out, the last ones first. */
export function keptText(model: WorkspaceModel, screens: readonly KeptScreen[], maxCharacters: number): string {
  const layout = savedWorkspace(model);
  for (let count = screens.length; count > 0; count -= 1) {
    const text = JSON.stringify({ layout, screens: screens.slice(0, count) });
    if (text.length <= maxCharacters) return text;
  }
  return JSON.stringify({ layout, screens: [] });
}

/** Null for what {@link keptText} did not write. */
export function readKept(
  text: string,
): { readonly model: WorkspaceModel; readonly screens: readonly KeptScreen[] } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = v.safeParse(kept, value);
  const model = parsed.success ? parseWorkspace(parsed.output.layout) : null;
  return parsed.success && model ? { model, screens: parsed.output.screens } : null;
}
