import type { App } from '../../app/app.ts';
import type { TypedVm } from '../../app/navigation.svelte.ts';

type Needs = Pick<App, 'bridge' | 'build' | 'commands' | 'firstRun' | 'navigation' | 'toasts'>;

export function registerImageImportCommands(app: Needs): void {
  app.commands.register({
    'image.import': {
      isEnabled: () => !app.firstRun.isShown && app.build.state.kind !== 'building',
      run: () => void chooseImageFile(app),
    },
  });
}

/**
 * The file first: without one there is nothing to fill in.
 * @param typed what was typed for the VM that the image is for, to go on with afterwards
 */
export async function chooseImageFile(
  { bridge, navigation, toasts }: Pick<Needs, 'bridge' | 'navigation' | 'toasts'>,
  typed?: TypedVm,
): Promise<void> {
  const result = await bridge.call('image.chooseFile', undefined);
  if (!result.ok) toasts.failure(result.error.message);
  else if (result.value !== null) navigation.open({ kind: 'import-image', file: result.value, typed });
}
