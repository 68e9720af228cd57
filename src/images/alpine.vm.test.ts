import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { TestNetwork, TestVms } from '../../scripts/test-network.ts';
import { TestServers } from '../../scripts/test-servers.ts';
import { TestMachine, type TestMachineOptions } from '../../scripts/test-machine.ts';
import type { KernelChoice } from '../shared/model/image.ts';
import { DEFAULT_NETWORK } from '../shared/model/network.ts';
import type { BareBuild } from './bare-build.fixture.ts';
import { buildImage } from './build.ts';
import { MODULES } from './kernel/initramfs.ts';
import { modulesInOrder } from './kernel/modules.ts';
import {
  FixtureKey,
  makeMirror,
  mirrorListener,
  segment,
  type FixtureFile,
  type FixturePackage,
} from './packages/apk/apk-repository.fixture.ts';
import { debianPackages } from './packages/apt/debian-packages.ts';
import { cacheRoot } from './packages/cache.ts';
import type { WorkContext } from './packages/context.ts';
import { extractDeb } from './packages/apt/deb.ts';

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
  const asked: string[] = [];
  const context: WorkContext = {
    cacheRoot: cacheRoot(),
    signal: new AbortController().signal,
    report: () => undefined,
    warn: () => undefined,
  };
  const key = new FixtureKey();
  let scratch = '';
  let mirror = '';
  let vms: TestVms;
  let servers: TestServers;
  let network: TestNetwork;
  beforeAll(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-alpine-'));
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    servers = new TestServers();
    network = new TestNetwork();
    const plain = gunzipSync(await readFile(ALPINE));
    // The test's key goes first into the archive, which ends as it did.
    const keyFile = gunzipSync(await segment([{ path: `etc/apk/keys/${key.fileName}`, content: key.file }], false));
    const rootfs = gzipSync(Buffer.concat([keyFile, plain]));
    const debs = new DebianFiles(context, scratch);
    const packages = [...ownPackages(await debs.busybox()), ...(await debs.asAlpinePackages())];
    const served = await makeMirror(packages, { key, rootfs, branch: 'v3.20', version: '3.20.3' });
    mirror = `http://127.0.0.1:${await servers.http(mirrorListener(served, asked))}`;
  }, PATIENCE_MS);
  afterAll(async () => {
    network.close();
    servers.close();
    await vms.remove();
    await rm(scratch, { recursive: true });
  });

  /** @returns what the build warned of */
  async function build(name: string, kernel: KernelChoice): Promise<string[]> {
    const warnings: string[] = [];
    await buildImage(
      {
        recipe: 'alpine',
        name,
        kernel,
        memoryMib: 128,
        extraPackages: ['greeter', 'python3', 'git'],
        release: '3.20',
        alpine: { mirror, trustedKeys: key.trusted },
      },
      {
        library: vms.library,
        cacheRoot: cacheRoot(),
        resourcesFolder: path.join(PROJECT, 'resources'),
        parts: inject('machineParts'),
        signal: context.signal,
        onProgress: () => undefined,
        warn: (sentence) => warnings.push(sentence),
      },
    );
    return warnings;
  }

  async function output(machine: TestMachine, command: string): Promise<string> {
    const running = await machine.client.exec({ argv: ['/bin/sh', '-c', `${command} 2>&1`] });
    const text = await new Response(running.stdout).text();
    expect(await running.result, text).toEqual({ kind: 'exited', code: 0 });
    return text;
  }

  describe.each([
    ['our kernel', 'auto', /^6\.\d+\.\d+$/],
    ['the kernel of its own mirror', 'distro', /^6\.\d/],
  ] as const)('with %s', (_what, kernel, release) => {
    const name = `alpine ${kernel}`;
    let options: TestMachineOptions;
    let machine: TestMachine;
    beforeAll(async () => {
      // Its scripts ran inside the machine, and one of them ends so.
      expect(await build(name, kernel)).toEqual(['In the new machine greeting-2.1-r0.post-install ended with 7.']);
      options = await vms.create(`Attic, ${kernel}`, name);
      ({ machine } = await network.start(options, { ...DEFAULT_NETWORK, profile: 'internet+host' }));
    }, PATIENCE_MS);

    it('has its packages as if apk had installed them', async () => {
      expect(options.image.packages).toMatchObject({ greeter: '1.0-r0', greeting: '2.1-r0' });
      expect(options.image.packages['farewell']).toBeUndefined();
      expect(options.image.kernel.release).toMatch(release);
      expect(await output(machine, 'uname -r')).toBe(`${options.image.kernel.release}\n`);
      expect(await output(machine, 'cat /etc/alpine-release')).toBe('3.20.3\n');
      expect((await output(machine, 'apk info')).split('\n')).toEqual(
        expect.arrayContaining(['musl', 'busybox', 'greeter', 'greeting']),
      );
      expect(await output(machine, 'apk info --who-owns /usr/bin/greeter')).toContain('greeter-1.0-r0');
      expect(await output(machine, 'greeter')).toBe('hello from a package\n');
      // Once; busybox's trigger found nothing to mend.
      expect(await output(machine, 'cat /var/lib/greeter/scripts')).toBe('pre 1.0-r0\npost 1.0-r0\ntrigger /usr/bin\n');
      expect(await output(machine, 'ls /usr/lib/terrarium')).not.toContain('first-boot');
      expect(await output(machine, 'apk audit --system; apk verify 2>/dev/null; apk fix -s')).toMatch(/^OK: /m);
    });

    it('runs Python and git, exchanges files and reaches the network', async () => {
      expect(await output(machine, "python3 -c 'print(sum(range(101)))'")).toBe('5050\n');
      await output(machine, 'git init -q /root/repo; cd /root/repo; echo x >f; git add f');
      await output(machine, 'cd /root/repo; git -c user.name=a -c user.email=a@b commit -qm "a first commit"');
      const bytes = randomBytes(300_000);
      await machine.client.request('writeFile', { guestPath: '/root/brought', bytes, mode: 0o644 });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(await output(machine, 'sha256sum </root/brought')).toBe(`${sha256}  -\n`);
      expect(await output(machine, 'ping -c 1 10.0.2.2')).toContain('1 packets received');
    });

    it('adds packages over the network, and keeps them and all else in a snapshot', async () => {
      asked.length = 0;
      expect(await output(machine, 'apk add farewell')).toMatch(/Installing farewell \(1\.0-r0\)/);
      expect(asked).toContain('/v3.20/main/x86/farewell-1.0-r0.apk');
      expect(await output(machine, 'cat /etc/apk/world')).toContain('farewell\ngit\ngreeter\n');
      const saved = await machine.save('snapshot');
      const restored = await TestMachine.start({ ...options, from: saved });
      try {
        const restoredOutput = (command: string): Promise<string> => output(restored, command);
        expect(await restoredOutput('farewell; apk info -e farewell greeter')).toBe('good bye\nfarewell\ngreeter\n');
        expect(await restoredOutput('git -C /root/repo log --oneline; git -C /root/repo fsck')).toContain(
          'a first commit',
        );
        expect(await restoredOutput('python3 -c \'print(open("/root/repo/f").read())\'')).toContain('x');
      } finally {
        restored.dispose();
      }
    });
  });

  it('is built on a computer without apt, compilers and all other programs', async () => {
    const bare: BareBuild = {
      home: vms.library.folder,
      cacheRoot: path.join(scratch, 'bare-cache'),
      parts: inject('machineParts'),
      request: {
        recipe: 'alpine',
        name: 'alpine bare',
        kernel: null,
        memoryMib: 128,
        extraPackages: ['greeter'],
        release: '3.20',
      },
      mirror,
      trustedKeys: [...key.trusted],
    };
    const program = path.join(import.meta.dirname, 'bare-build.fixture.ts');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', program, JSON.stringify(bare)],
      { env: { PATH: path.join(scratch, 'nothing') } },
    );
    expect(stderr).toContain('kernel is used until then');
    expect(JSON.parse(stdout)).toMatchObject({ 'busybox-static': '1.37.0-r0', 'seabios-bin': '1.16-r0' });
    const options = await vms.create('Attic, bare', 'alpine bare');
    const { machine } = await network.start(options, DEFAULT_NETWORK);
    expect(await output(machine, 'greeter; id -u')).toBe('hello from a package\n0\n');
    expect(await output(machine, 'ls /usr/bin/tcc || echo no compiler')).toContain('no compiler');
  });
});

/** Programs of Debian's, made into packages of Alpine's: nothing of Alpine's own mirrors can be had in a test. */
class DebianFiles {
  private readonly context: WorkContext;
  private readonly scratch: string;

  constructor(context: WorkContext, scratch: string) {
    this.context = context;
    this.scratch = scratch;
  }

  async busybox(): Promise<Uint8Array> {
    const folder = await this.unpacked(['busybox-static']);
    return readFile(path.join(folder, 'bin/busybox')).catch(() => readFile(path.join(folder, 'usr/bin/busybox')));
  }

  async asAlpinePackages(): Promise<FixturePackage[]> {
    const [python] = await debianPackages(this.context).show(['python3']);
    const program = python?.dependencies.find((name) => /^python3\.\d+$/.test(name)) ?? '';
    return [
      await this.packageOf('debian-libs', ['libc6', 'zlib1g', 'libexpat1', 'libpcre2-8-0'], /^(?:usr\/)?lib\//),
      {
        ...(await this.packageOf('python3', [`${program}-minimal`, `lib${program}-minimal`], /^usr\/(?:bin|lib)\//, [
          { path: 'usr/bin/python3', target: program },
        ])),
        fields: { D: 'debian-libs' },
      },
      { ...(await this.packageOf('git', ['git'], /^usr\/bin\/git$/)), fields: { D: 'debian-libs' } },
      {
        ...(await this.packageOf('tcc', ['tcc'], /^usr\/(?:bin|lib)\//, [])),
        fields: { D: 'debian-libs' },
      },
      ...(await this.firmware()),
      await this.linuxVirt(),
    ];
  }

  /** Debian's kernel under the names of Alpine's, modules packed as there. */
  private async linuxVirt(): Promise<FixturePackage> {
    const packages = debianPackages(this.context);
    const [newest] = await packages.show(['linux-image-686']);
    const image = newest?.dependencies.find((name) => name.startsWith('linux-image-')) ?? '';
    const folder = await this.unpacked([image]);
    const [release = ''] = await readdir(path.join(folder, 'lib/modules'));
    const modules = await modulesInOrder(path.join(folder, 'lib/modules', release), MODULES, this.context.signal);
    return {
      name: 'linux-virt',
      version: '6.1.0-r0',
      files: [
        { path: 'boot/vmlinuz-virt', content: await readFile(path.join(folder, 'boot', `vmlinuz-${release}`)) },
        ...modules.map(({ name, content }) => ({
          path: `lib/modules/${release}/kernel/${name}.ko.gz`,
          content: gzipSync(content, { level: 1 }),
        })),
      ],
    };
  }

  private async firmware(): Promise<FixturePackage[]> {
    const folder = path.join(await this.unpacked(['seabios']), 'usr/share/seabios');
    const packageWith = async (name: string, place: string, file: string): Promise<FixturePackage> => ({
      name,
      version: '1.16-r0',
      files: [{ path: `usr/share/${place}/${file}`, content: await readFile(path.join(folder, file)) }],
    });
    return [
      await packageWith('seabios-bin', 'seabios', 'bios.bin'),
      await packageWith('seavgabios-bin', 'seavgabios', 'vgabios-stdvga.bin'),
    ];
  }

  private async packageOf(
    name: string,
    debs: readonly string[],
    wanted: RegExp,
    more: readonly FixtureFile[] = [],
  ): Promise<FixturePackage> {
    const folder = await this.unpacked(debs);
    const files: FixtureFile[] = [];
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const at = path.join(entry.parentPath, entry.name);
      const file = path.relative(folder, at);
      if (!wanted.test(file)) continue;
      if (entry.isSymbolicLink()) files.push({ path: file, target: await readlink(at) });
      else if (entry.isFile())
        files.push({ path: file, content: await readFile(at), mode: (await stat(at)).mode & 0o777 });
    }
    return { name, version: '1.0-r0', files: [...files, ...more] };
  }

  /** @returns the folder with the files of all of them */
  private async unpacked(debs: readonly string[]): Promise<string> {
    const folder = path.join(this.scratch, debs[0] ?? '');
    for (const { path: deb } of await debianPackages(this.context).download(debs))
      await extractDeb(deb, folder, this.context.signal);
    return folder;
  }
}

/** One has a program of Debian's, which another one's script runs with. */
function ownPackages(busybox: Uint8Array): FixturePackage[] {
  const script = (text: string): string => `#!/bin/sh\necho "${text} $*" >>/var/lib/greeter/scripts\n`;
  return [
    {
      name: 'busybox-static',
      version: '1.37.0-r0',
      files: [{ path: 'bin/busybox.static', content: busybox, mode: 0o755 }],
    },
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
