import type { App } from '../../app/app.ts';

type Needs = Pick<App, 'bridge' | 'build' | 'commands' | 'firstRun' | 'navigation' | 'toasts'>;

export function registerImageImportCommands(app: Needs): void {
  app.commands.register({
    'image.import': {
      isEnabled: () => !app.firstRun.isShown && app.build.state.kind !== 'building',
      run: () => void askForFile(app),
    },
  });
}

/** The file first: without one there is nothing to fill in. */
async function askForFile({ bridge, navigation, toasts }: Needs): Promise<void> {
  const result = await bridge.call('image.chooseFile', undefined);
  if (!result.ok) toasts.failure(result.error.message);
  else if (result.value !== null) navigation.open({ kind: 'import-image', file: result.value });
}
