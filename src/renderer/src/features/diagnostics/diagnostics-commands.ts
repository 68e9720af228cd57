import type { App } from '../../app/app.ts';
import { formatSize } from '../../text/format-size.ts';
import { t } from '../../text/text.svelte.ts';

export function registerDiagnosticsCommands({
  bridge,
  commands,
  toasts,
}: Pick<App, 'bridge' | 'commands' | 'toasts'>): void {
  const save = async (): Promise<void> => {
    const result = await bridge.call('app.saveDiagnostics', undefined);
    if (!result.ok) toasts.failure(result.error.message);
    else if (result.value !== null) {
      toasts.success(t('diagnostics.saved', { size: formatSize(result.value.sizeBytes) }));
    }
  };
  commands.register({ 'app.diagnostics': { run: () => void save() } });
}
