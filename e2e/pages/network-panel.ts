import { expect, type Locator, type Page } from '@playwright/test';

/** The panel of the selected VM's network. */
export class NetworkPanel {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens it from the machine's header, when it is not open yet. */
  static async open(page: Page): Promise<NetworkPanel> {
    const panel = new NetworkPanel(page);
    if (!(await panel.root.isVisible())) await page.getByRole('button', { name: 'Network panel' }).click();
    await expect(panel.root).toBeVisible();
    return panel;
  }

  get root(): Locator {
    return this.page.getByTestId('network-panel');
  }

  get address(): Locator {
    return this.root.getByTestId('network-address');
  }

  profile(name: 'Offline' | 'Internet' | 'Internet and this computer'): Locator {
    return this.root.getByRole('radio', { name, exact: true });
  }

  async setProfile(name: 'Offline' | 'Internet' | 'Internet and this computer'): Promise<void> {
    await this.profile(name).check({ force: true });
    await expect(this.profile(name)).toBeChecked();
  }

  get rules(): Locator {
    return this.root.getByTestId('rule');
  }

  /** Opens the form of a new rule and fills it in; who asks saves it. */
  async fillRule(rule: { action?: 'Allow' | 'Deny'; target?: string; ports?: string }): Promise<Locator> {
    await this.root.getByRole('button', { name: 'Add rule', exact: true }).first().click();
    const form = this.root.getByRole('form', { name: 'New rule' });
    if (rule.action) {
      await form.getByLabel(/^Action/).click();
      await this.page.getByRole('option', { name: rule.action }).click();
    }
    await form.getByLabel('Domain or address').fill(rule.target ?? '');
    await form.getByLabel('Ports').fill(rule.ports ?? '');
    return form;
  }

  async addRule(rule: { action?: 'Allow' | 'Deny'; target?: string; ports?: string }): Promise<void> {
    const form = await this.fillRule(rule);
    await form.getByRole('button', { name: 'Add rule' }).click();
    await expect(form).toBeHidden();
  }

  forward(hostPort: number): Locator {
    return this.root.locator(`[data-testid=forward][data-host-port="${hostPort}"]`);
  }

  async addForward(hostPort: number, guestPort: number): Promise<void> {
    await this.root.getByRole('button', { name: 'Add port forward' }).click();
    const form = this.root.getByRole('form', { name: 'New port forward' });
    await form.getByLabel('Port here').fill(String(hostPort));
    await form.getByLabel('Port of the VM').fill(String(guestPort));
    await form.getByRole('button', { name: 'Add forward' }).click();
    await expect(form).toBeHidden();
  }

  async joinLan(name: string): Promise<void> {
    await this.root.getByLabel('Name of the LAN').fill(name);
    await this.root.getByRole('button', { name: 'Save' }).click();
    await expect(this.root.getByRole('button', { name: 'Save' })).toBeDisabled();
  }

  get connections(): Locator {
    return this.root.getByTestId('connection');
  }
}

/** The dot and words in the sidebar that tell how the relay is. */
export function relayIndicator(page: Page): Locator {
  return page.getByTestId('relay');
}
