import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome, testHome } from '../../scripts/test-home.ts';
import { TestMachine, type TestMachineOptions } from '../../scripts/test-machine.ts';
import { debianPackages } from '../images/packages/apt/debian-packages.ts';
import { cacheRoot } from '../images/packages/cache.ts';
import type { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';

describe('a Debian machine', () => {
  let home = '';
  let library: Library;
  let image: ImageManifest;
  // The image is built here, not in the set-up of every run: it takes minutes the first time.
  beforeAll(async () => {
    home = await copyHome(await testHome(['debian']));
    library = await joinHome(home);
    image = await library.images.find('debian');
  });
  afterAll(async () => rm(home, { recursive: true, force: true }));

  /** Runs a test on a machine of its own. */
  async function withMachine(
    from: TestMachineOptions['from'],
    work: (machine: TestMachine) => Promise<void>,
  ): Promise<void> {
    const name = `vm ${String(Math.random()).slice(2)}`;
    const vm = await library.createVm({ name, imageId: image.id, memoryMib: image.memoryMib });
    const machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from });
    try {
      await work(machine);
    } finally {
      machine.dispose();
    }
  }

  it.each([
    ['python3 --version', /^Python 3\./],
    ['git --version', /^git version 2\./],
    ['node --version', /^v\d+\./],
    // npm ends its output by clearing its progress line.
    ['npm --version', /^\d+\.\d+\.\d+/],
    ['curl --version', /^curl \d/],
    ['bash --version', /^GNU bash/],
    ['ip -brief address show lo', /127\.0\.0\.1/],
    ["python3 -c 'print(sum(range(101)))'", /^5050$/],
    ["node -p '[1,2,3].map((n) => n * 2).join()'", /^2,4,6$/],
  ])('runs %s', async (command, expected) => {
    await withMachine('base', async (machine) => {
      const { output, status } = await (await machine.terminal()).run(command);
      expect(output).toMatch(expected);
      expect(status).toBe(0);
    });
  });

  it('has a whole package database', async () => {
    await withMachine('base', async (machine) => {
      const terminal = await machine.terminal();
      const { output } = await terminal.run("dpkg-query -W -f '${db:Status-Abbrev}\\n' | sort | uniq -c");
      expect(output).toMatch(/^\d+ ii$/);
      expect((await terminal.run('dpkg --audit')).output).toBe('');
    });
  });

  it('keeps a repository that was made in it across save and restore', async () => {
    await withMachine('base', async (machine) => {
      const terminal = await machine.terminal();
      await terminal.run('cd /root && git init -q repo && cd repo && echo x > f && git add f');
      await terminal.run('git -c user.name=a -c user.email=a@b commit -qm "a first commit"');
      const snapshot = await machine.save('snapshot');
      await withMachine(snapshot, async (restored) => {
        const { output } = await (
          await restored.terminal()
        ).run('git -C /root/repo log --oneline; git -C /root/repo fsck');
        expect(output).toContain('a first commit');
      });
    });
  });

  it('installs an imported package with apt, offline, and keeps it across save and restore', async () => {
    const packages = debianPackages({
      cacheRoot: cacheRoot(),
      signal: new AbortController().signal,
      report: () => undefined,
      warn: () => undefined,
    });
    const [hello] = await packages.download(['hello']);
    const bytes = new Uint8Array(await readFile(hello!.path));
    await withMachine('base', async (machine) => {
      const terminal = await machine.terminal();
      await machine.client.request('writeFile', { guestPath: '/root/hello.deb', bytes, mode: 0o644 });
      const installed = await terminal.run('cd /root && DEBIAN_FRONTEND=noninteractive apt-get install -y ./hello.deb');
      expect(installed.status, installed.output).toBe(0);
      expect((await terminal.run('dpkg -s hello')).output).toContain('Status: install ok installed');
      expect((await terminal.run('hello')).output).toBe('Hello, world!');
      const snapshot = await machine.save('snapshot');
      await withMachine(snapshot, async (restored) => {
        expect((await (await restored.terminal()).run('hello; dpkg -s hello')).output).toMatch(
          /^Hello, world!\n[^]*Status: install ok installed/,
        );
      });
    });
  });
});
