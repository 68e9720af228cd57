import { readSettings } from '../../../relay/settings.ts';
import type { Library } from '../../library/library.ts';
import { parseVmId } from '../../shared/model/ids.ts';
import { FailureError, unwrap } from '../../shared/result.ts';
import type { Forward } from '../../shared/model/network.ts';
import { checkForwards, newSharedForwards } from '../forward-check.ts';
import type { Attachment } from '../relay-supervisor.ts';
import type { RelaySupervisor } from '../relay-supervisor.ts';
import type { RunningVms } from '../running-vms.ts';
import type { NativeDialogs } from './native-dialogs.ts';
import type { CallHandlers } from './register.ts';

export interface NetworkHandlerDependencies {
  readonly library: Library;
  readonly running: RunningVms;
  readonly relay: Pick<RelaySupervisor<never>, 'status'>;
  readonly dialogs: NativeDialogs;
  /** Runs a change and tells the page what the library holds now. */
  readonly changing: <T>(change: Promise<T>) => Promise<T>;
}

type NetworkCalls = Pick<CallHandlers, 'vm.setNetwork' | 'vm.networkView' | 'vm.capture' | 'relay.status'>;

/** What the calls about VMs' networks do. */
export function networkHandlers(dependencies: NetworkHandlerDependencies): NetworkCalls {
  const { library, running, relay, dialogs, changing } = dependencies;
  return {
    'vm.setNetwork': async ({ vmId, settings }) => {
      const id = unwrap(parseVmId(vmId));
      const checked = unwrap(checkForwards(unwrap(readSettings(settings))));
      const { name, network: before } = await library.getVm(id);
      const shared = newSharedForwards(before, checked);
      if (shared.length > 0 && !(await isSharingWanted(dialogs, name, shared))) {
        throw new FailureError('cancelled', 'The ports were not shared with your network. Nothing was changed.');
      }
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
      const filePath = await captureDialog(dialogs, name);
      if (filePath === null) return false;
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

function isSharingWanted(dialogs: NativeDialogs, vm: string, forwards: readonly Forward[]): Promise<boolean> {
  const t = dialogs.t();
  const places = forwards.map(({ protocol, ...place }) =>
    t('dialogs.share-place', { ...place, protocol: protocol.toUpperCase() }),
  );
  return dialogs.agrees({
    message: t('dialogs.share', { vm }),
    detail: t('dialogs.share-about', { places: places.join('\n') }),
    cancel: t('dialogs.cancel'),
    agree: t('dialogs.share-agree'),
  });
}

function captureDialog(dialogs: NativeDialogs, vm: string): Promise<string | null> {
  const t = dialogs.t();
  const kind = { name: t('dialogs.capture-kind'), extensions: ['pcapng'] };
  return dialogs.save(t('dialogs.capture', { vm }), `${vm}.pcapng`, [kind]);
}
