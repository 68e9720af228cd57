import type { MachineConfig } from '../shared/model/state.ts';
import type { StartOptions } from './protocol.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a machine is told to start: its configuration, its image's kernel and the state that will come. */
export function startOptions(
  config: Pick<MachineConfig, 'memoryMib' | 'vgaMemoryMib'>,
  image: { readonly commandLine: string; readonly kernel: { readonly initrd: unknown } },
  state: StartOptions['state'],
  { columns, rows }: TerminalSize,
): StartOptions {
  const { memoryMib, vgaMemoryMib } = config;
  const hasInitrd = image.kernel.initrd !== null;
  return { memoryMib, vgaMemoryMib, commandLine: image.commandLine, hasInitrd, state, columns, rows };
}
