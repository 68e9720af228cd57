import type { Library } from '../../library/library.ts';
import { parseVmId } from '../../shared/model/ids.ts';
import { unwrap } from '../../shared/result.ts';
import type { WorkspaceStore } from '../workspace-store.ts';
import type { CallHandlers } from './register.ts';

export interface WorkspaceHandlerDependencies {
  readonly library: Pick<Library, 'getVm'>;
  readonly workspaces: Pick<WorkspaceStore, 'get' | 'set'>;
}

/** What the calls about the layout of terminals do. Only VMs that exist have one. */
export function workspaceHandlers({
  library,
  workspaces,
}: WorkspaceHandlerDependencies): Pick<CallHandlers, 'workspace.get' | 'workspace.set'> {
  return {
    'workspace.get': ({ vmId }) => workspaces.get(unwrap(parseVmId(vmId))),
    'workspace.set': async ({ vmId, text }) => {
      const vm = await library.getVm(unwrap(parseVmId(vmId)));
      await workspaces.set(vm.id, text);
    },
  };
}
