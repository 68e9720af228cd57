import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestNetwork, TestVms } from '../../scripts/test-network.ts';
import { TestServers } from '../../scripts/test-servers.ts';
import { TestMachine } from '../../scripts/test-machine.ts';
import { DEFAULT_NETWORK } from '../shared/model/network.ts';
import { buildImage } from './build.ts';
import {
  FixtureKey,
  makeMirror,
  mirrorListener,
  segment,
  type FixturePackage,
} from './packages/apk/apk-repository.fixture.ts';
import { debianPackages } from './packages/apt.ts';
import { cacheRoot } from './packages/cache.ts';
import { extractDeb } from './packages/deb.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
/** Alpine's own minimal root file system, where somebody put it beside the checkout. */
const ALPINE = path.resolve(PROJECT, '..', 'shared', 'data', 'alpine-minirootfs-3.20.3-x86.tar.gz');
const hasAlpine = await access(ALPINE).then(
  () => true,
  () => false,
);
if (!hasAlpine) console.warn('no Alpine root file system beside the checkout: the recipe’s test is skipped');

/** A build boots a machine, and apk takes its time in it on a busy computer. */
const PATIENCE_MS = 400_000;

describe.skipIf(!hasAlpine)('the alpine recipe, from a mirror of the test’s', { timeout: PATIENCE_MS }, () => {
  const warnings: string[] = [];
  const asked: string[] = [];
  let scratch = '';
  let vms: TestVms;
  let servers: TestServers;
  let network: TestNetwork;
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-alpine-'));
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    servers = new TestServers();
    network = new TestNetwork();
    const key = new FixtureKey();
    const plain = gunzipSync(await readFile(ALPINE));
    // The test's key goes first into the archive, which ends as it did.
    const keyFile = gunzipSync(await segment([{ path: `etc/apk/keys/${key.fileName}`, content: key.file }], false));
    const rootfs = gzipSync(Buffer.concat([keyFile, plain]));
    const served = await makeMirror(packagesOf(await busyboxOfDebian()), {
      key,
      rootfs,
      branch: 'v3.20',
      version: '3.20.3',
    });
    const port = await servers.http(mirrorListener(served, asked));
    await buildImage(
      {
        recipe: 'alpine',
        name: null,
        kernel: 'auto',
        memoryMib: 128,
        extraPackages: ['greeter'],
        alpine: { release: '3.20', mirror: `http://127.0.0.1:${port}`, trustedKeys: key.trusted },
      },
      {
        library: vms.library,
        cacheRoot: cacheRoot(),
        resourcesFolder: path.join(PROJECT, 'resources'),
        parts: inject('machineParts'),
        signal: new AbortController().signal,
        onProgress: () => undefined,
        warn: (sentence) => warnings.push(sentence),
      },
    );
  }, PATIENCE_MS);
  afterAll(async () => {
    network.close();
    servers.close();
    await vms.remove();
    await rm(scratch, { recursive: true });
  });

  async function busyboxOfDebian(): Promise<Uint8Array> {
    const context = {
      cacheRoot: cacheRoot(),
      signal: new AbortController().signal,
      report: () => undefined,
      warn: () => undefined,
    };
    const [deb] = await debianPackages(context).download(['busybox-static']);
    await extractDeb(deb?.path ?? '', scratch, context.signal);
    const places = ['bin/busybox', 'usr/bin/busybox'].map((place) => path.join(scratch, place));
    return readFile(places[0] ?? '').catch(() => readFile(places[1] ?? ''));
  }

  async function output(machine: TestMachine, command: string): Promise<string> {
    const running = await machine.client.exec({ argv: ['/bin/sh', '-c', `${command} 2>&1`] });
    const text = await new Response(running.stdout).text();
    expect(await running.result, text).toEqual({ kind: 'exited', code: 0 });
    return text;
  }

  it('has its packages as if apk had installed them, adds more over the network, and keeps them', async () => {
    const options = await vms.create('Attic', 'alpine');
    expect(options.image.packages).toMatchObject({ greeter: '1.0-r0', greeting: '2.1-r0' });
    expect(options.image.packages['farewell']).toBeUndefined();
    const { machine } = await network.start(options, { ...DEFAULT_NETWORK, profile: 'internet+host' });
    expect(await output(machine, 'cat /etc/alpine-release')).toBe('3.20.3\n');
    expect((await output(machine, 'apk info')).split('\n')).toEqual(
      expect.arrayContaining(['musl', 'busybox', 'greeter', 'greeting']),
    );
    expect(await output(machine, 'apk info --who-owns /usr/bin/greeter')).toContain('greeter-1.0-r0');
    expect(await output(machine, 'greeter')).toBe('hello from a package\n');
    // Its scripts ran inside the machine, once; busybox's trigger found nothing to mend.
    expect(await output(machine, 'cat /var/lib/greeter/scripts')).toBe('pre 1.0-r0\npost 1.0-r0\ntrigger /usr/bin\n');
    expect(await output(machine, 'ls /usr/lib/terrarium')).not.toContain('first-boot');
    expect(warnings).toEqual(['In the new machine greeting-2.1-r0.post-install ended with 7.']);
    expect(await output(machine, 'apk audit --system; apk verify 2>/dev/null; apk fix -s')).toMatch(/^OK: /m);

    expect(await output(machine, 'apk add farewell')).toMatch(/Installing farewell \(1\.0-r0\)/);
    expect(asked).toContain('/v3.20/main/x86/farewell-1.0-r0.apk');
    expect(await output(machine, 'cat /etc/apk/world')).toContain('farewell\ngreeter\n');
    const saved = await machine.save('snapshot');
    const restored = await TestMachine.start({ ...options, from: saved });
    try {
      expect(await output(restored, 'farewell; apk info -e farewell greeter')).toBe('good bye\nfarewell\ngreeter\n');
    } finally {
      restored.dispose();
    }
  });
});

/** One has a program of Debian's, which another one's script runs with. */
function packagesOf(busybox: Uint8Array): FixturePackage[] {
  const script = (text: string): string => `#!/bin/sh\necho "${text} $*" >>/var/lib/greeter/scripts\n`;
  return [
    {
      name: 'greeter',
      version: '1.0-r0',
      fields: { D: 'greeting>=2 so:libc.musl-x86.so.1 /bin/sh', p: 'cmd:greeter=1.0-r0', o: 'greeter' },
      info: ['depend = greeting>=2', 'depend = so:libc.musl-x86.so.1', 'depend = /bin/sh', 'triggers = /usr/bin'],
      scripts: { 'pre-install': script('pre'), 'post-install': script('post'), trigger: script('trigger') },
      files: [
        { path: 'usr/' },
        { path: 'usr/bin/' },
        { path: 'usr/bin/greeter', content: '#!/usr/libexec/greeting/sh\necho hello from a package\n', mode: 0o755 },
        { path: 'var/' },
        { path: 'var/lib/' },
        { path: 'var/lib/greeter/', mode: 0o700 },
      ],
    },
    {
      name: 'greeting',
      version: '2.1-r0',
      fields: { o: 'greeting' },
      scripts: { 'post-install': '#!/bin/sh\nexit 7\n' },
      files: [
        { path: 'usr/' },
        { path: 'usr/libexec/' },
        { path: 'usr/libexec/greeting/' },
        { path: 'usr/libexec/greeting/busybox', content: busybox, mode: 0o755 },
        { path: 'usr/libexec/greeting/sh', target: 'busybox' },
      ],
    },
    {
      name: 'farewell',
      version: '1.0-r0',
      fields: { o: 'farewell' },
      files: [
        { path: 'usr/' },
        { path: 'usr/bin/' },
        { path: 'usr/bin/farewell', content: '#!/bin/sh\necho good bye\n', mode: 0o755 },
      ],
    },
  ];
}
