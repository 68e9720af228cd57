import type { DeepLink } from '../../../../shared/model/deep-link.ts';
import type { App } from '../../app/app.ts';
import { t } from '../../text/text.svelte.ts';

type Needs = Pick<App, 'bridge' | 'firstRun' | 'library' | 'navigation' | 'toasts'>;

/** Takes the link that was opened, if any, and asks the person; what it names must be here, once. */
export async function takeOpenedLink(app: Needs): Promise<void> {
  const result = await app.bridge.call('link.take', undefined);
  if (!result.ok) app.toasts.failure(result.error.message);
  else if (result.value !== null) askAbout(app, result.value);
}

function askAbout({ firstRun, library, navigation, toasts }: Needs, link: DeepLink): void {
  if (firstRun.isShown) {
    toasts.failure(t('notify.link-first-run'));
    return;
  }
  if (link.kind === 'refused') {
    toasts.failure(link.message);
    return;
  }
  const name = link.kind === 'open' ? link.vm : link.snapshot;
  if (link.kind === 'open') {
    const [vm, other] = library.vms.filter((one) => one.name === name);
    if (vm === undefined) toasts.failure(t('notify.link-no-vm', { name }));
    else if (other !== undefined) toasts.failure(t('notify.link-several', { name }));
    else navigation.open({ kind: 'open-link', vmId: vm.id });
    return;
  }
  const [snapshot, other] = library.snapshots.filter((one) => one.name === name);
  if (snapshot === undefined) toasts.failure(t('notify.link-no-snapshot', { name }));
  else if (other !== undefined) toasts.failure(t('notify.link-several', { name }));
  else navigation.open({ kind: 'fork-link', snapshotId: snapshot.id });
}
