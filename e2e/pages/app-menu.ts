import type { TerrariumApp } from './terrarium-app.ts';

/** A command's item of the application menu, as Electron knows it; null for none. */
export async function menuItem(
  app: TerrariumApp,
  id: string,
): Promise<{ readonly label: string; readonly accelerator: string | null; readonly enabled: boolean } | null> {
  return app.electron.evaluate(({ Menu }, wanted) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(wanted);
    return item
      ? { label: item.label, accelerator: item.accelerator?.toString() ?? null, enabled: item.enabled }
      : null;
  }, id);
}
