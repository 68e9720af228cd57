import { FailureError } from '../../shared/result.ts';
import { presentElectron } from './electron-present.ts';
import { problem, warning, well, type Check } from './finding.ts';

/** The runtime of the app with a window. The command does without. */
export const checkElectron: Check = async ({ places }) => {
  try {
    const electron = await presentElectron(places, process.env);
    if (electron !== null) return [well('electron', `Electron ${electron.version}: ${electron.why}`)];
    const message = 'There is no Electron, so the app with its window cannot start. The command does not need it.';
    return [warning('electron', message, 'Fetch it: npm run setup')];
  } catch (caught) {
    if (!(caught instanceof FailureError)) throw caught;
    return [problem('electron', caught.message, 'Then run this again.')];
  }
};
