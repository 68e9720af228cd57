import { dialog, type BrowserWindow } from 'electron';
import { readSettings } from '../../../relay/settings.ts';
import type { Library } from '../../library/library.ts';
import { parseVmId } from '../../shared/model/ids.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import { checkForwards } from '../forward-check.ts';
import type { Attachment } from '../relay-supervisor.ts';
import type { RelaySupervisor } from '../relay-supervisor.ts';
import type { RunningVms } from '../running-vms.ts';
import type { CallHandlers } from './register.ts';

export interface NetworkHandlerDependencies {
  readonly library: Library;
  readonly running: RunningVms;
  readonly relay: Pick<RelaySupervisor<never>, 'status'>;
  readonly window: () => BrowserWindow | null;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
}

type NetworkCalls = Pick<CallHandlers, 'vm.setNetwork' | 'vm.networkView' | 'vm.capture' | 'relay.status'>;

/** What the calls about VMs' networks do. */
export function networkHandlers(dependencies: NetworkHandlerDependencies): NetworkCalls {
  const { library, running, relay, changing } = dependencies;
  return {
    'vm.setNetwork': async ({ vmId, settings }) => {
      const id = unwrap(parseVmId(vmId));
      const checked = unwrap(checkForwards(unwrap(readSettings(settings))));
      const vm = await changing(library.setVmNetwork(id, checked));
      const applied = await running.network(id)?.configure(checked);
      if (applied?.ok === false) {
        throw new FailureError(
          applied.error.code,
          `The settings were kept, but they do not apply to the running VM yet: ${applied.error.message}`,
        );
      }
      return vm;
    },
    'vm.networkView': async ({ vmId }) => {
      const network = running.network(unwrap(parseVmId(vmId)));
      return network ? unwrap(await network.view()) : null;
    },
    'vm.capture': async ({ vmId, on }) => {
      const id = unwrap(parseVmId(vmId));
      const { name } = await library.getVm(id);
      if (!on) {
        unwrap(await theNetwork(running.network(id), name).stopCapture());
        return false;
      }
      theNetwork(running.network(id), name);
      const { filePath } = await captureDialog(dependencies.window(), name);
      if (filePath === '') return false;
      // The VM may have ended while the dialog was open.
      unwrap(await theNetwork(running.network(id), name).startCapture(filePath));
      return true;
    },
    'relay.status': () => relay.status,
  };
}

function theNetwork(network: Attachment | null, vmName: string): Attachment {
  if (network) return network;
  throw new FailureError('illegal-transition', `${vmName} is not running, so there is no traffic to capture.`);
}

function captureDialog(window: BrowserWindow | null, vmName: string): Promise<Electron.SaveDialogReturnValue> {
  const options = {
    title: `Capture the network traffic of ${vmName}`,
    defaultPath: `${vmName}.pcapng`,
    filters: [{ name: 'Packet capture', extensions: ['pcapng'] }],
  };
  return window ? dialog.showSaveDialog(window, options) : dialog.showSaveDialog(options);
}
