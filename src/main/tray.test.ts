import { describe, expect, it, vi } from 'vitest';
import { parseVmId } from '../shared/model/ids.ts';
import { translator } from '../shared/text/translator.ts';
import { unwrap } from '../shared/result.ts';

vi.mock('electron', () => ({ Menu: {}, nativeImage: {}, Tray: vi.fn() }));
const { trayMenu } = await import('./tray.ts');

const vmId = unwrap(parseVmId('vm-1'));
const parts = () => ({ icon: '', t: () => translator('en'), show: vi.fn(), showVm: vi.fn(), quit: vi.fn() });

describe('the tray’s menu', () => {
  it('names the running VMs and leads to them', () => {
    const given = parts();
    const menu = trayMenu(given, [{ vmId, name: 'a & b' }]);
    const item = menu.find(({ label }) => label === 'a && b');
    (item?.click as (() => void) | undefined)?.();
    expect(given.showVm).toHaveBeenCalledWith(vmId);
  });

  it('says that none runs', () => {
    expect(trayMenu(parts(), []).find(({ enabled }) => enabled === false)?.label).toBe('No VM is running');
  });
});
