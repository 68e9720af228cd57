import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FailureError } from '../../shared/result.ts';
import type { FsTree } from '../fs-tree.ts';
import { alpineKernel } from '../kernel/alpine.ts';
import type { DistroKernel } from '../kernel/distro.ts';
import { isPackageName, parseDependency, type Dependency } from '../packages/apk/dependency.ts';
import { ApkInstaller, type Blobs } from '../packages/apk/install.ts';
import { ALPINE_KEYS, KeyRing } from '../packages/apk/keys.ts';
import type { ApkPackage } from '../packages/apk/package-file.ts';
import { ALPINE_REPOSITORIES, AlpineMirror, mirrorAddresses } from '../packages/apk/mirror.ts';
import { resolvePackages, Universe } from '../packages/apk/resolver.ts';
import { tarEntries } from '../packages/apk/tar-entries.ts';
import type { WorkContext } from '../packages/context.ts';

export const ALPINE_RELEASE = '3.21';
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
const RELEASE = /^\d{1,2}\.\d{1,3}$/;
const ROOTFS_MAX_BYTES = 512 * 1024 * 1024;
const PACKAGES_MAX = 500;
const KEY_FILE = /^(?:\.?\/)*etc\/apk\/keys\/([^/]+\.rsa\.pub)$/;
const APK_CONFIGURATION = { mode: 0o644, uid: 0, gid: 0, mtimeS: 0 };

export interface AlpineOptions {
  /** `3.21` */
  readonly release?: string;
  /** Its address, or several; see mirrorAddresses. */
  readonly mirror?: string | null;
  /** SHA-256 of the keys whose signatures count; Alpine's own unless given. */
  readonly trustedKeys?: ReadonlySet<string>;
}

interface FetchedRootfs {
  /** The tarball, unpacked. */
  readonly plain: Uint8Array;
  readonly keys: KeyRing;
}

/** The `alpine` recipe: Alpine's minimal root file system from a mirror, and packages that are laid into it. */
export class AlpineRecipe {
  private readonly context: WorkContext;
  private readonly wishes: readonly Dependency[];
  private readonly mirror: AlpineMirror;
  private readonly address: string;
  private readonly branch: string;
  private readonly trustedKeys: ReadonlySet<string>;
  private fetched: Promise<FetchedRootfs> | null = null;

  /**
   * @param packages by name, or as apk has it with a version (`nodejs~22`)
   * @throws FailureError `bad-input` for what is no package, release or mirror, before anything is fetched
   */
  constructor(context: WorkContext, packages: readonly string[], options: AlpineOptions = {}) {
    const release = options.release ?? ALPINE_RELEASE;
    if (!RELEASE.test(release))
      throw new FailureError(
        'bad-input',
        `“${release.slice(0, 40)}” is not a release of Alpine, as ${ALPINE_RELEASE} is.`,
      );
    if (packages.length > PACKAGES_MAX)
      throw new FailureError('limit', `Ask for ${PACKAGES_MAX} packages at most; what they need comes along.`);
    this.wishes = packages.map(parseWish);
    this.context = context;
    this.branch = `v${release}`;
    const addresses = mirrorAddresses(options.mirror ?? null);
    [this.address] = addresses;
    const isOpen = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && !LOOPBACK.has(hostname);
    if (addresses.some((address) => isOpen(new URL(address))))
      context.warn(
        'The mirror is asked without encryption. Packages are checked against Alpine’s keys; the minimal root file system below them is only as trustworthy as the network between.',
      );
    this.mirror = new AlpineMirror(addresses, this.branch, context);
    this.trustedKeys = options.trustedKeys ?? ALPINE_KEYS;
  }

  /** Alpine's own, for where ours cannot be compiled. */
  get kernel(): DistroKernel {
    const { mirror, branch, trustedKeys } = this;
    return alpineKernel({ mirror, branch, trustedKeys, keys: async () => knownKeys(await this.rootfs()) });
  }

  /**
   * Packages of the mirror and all that they need, outside of any system, fetched and checked.
   * @throws FailureError `not-found` for what the mirror does not have
   */
  async packages(names: readonly string[]): Promise<ApkPackage[]> {
    const offers = await this.mirror.offered(knownKeys(await this.rootfs()));
    const universe = new Universe(
      [],
      offers.map(({ record }) => record),
    );
    const chosen = resolvePackages(universe, names.map(parseWish));
    await this.mirror.fetch(chosen.flatMap((record) => offers.find((offer) => offer.record === record) ?? []));
    const packages: ApkPackage[] = [];
    for (const record of chosen) packages.push(await this.mirror.open(record));
    return packages;
  }

  /** Fetches the minimal root file system. @param folder where its plain tarball is put @returns that one's path */
  async makeRootfs(folder: string): Promise<string> {
    const tarball = path.join(folder, 'alpine.tar');
    await writeFile(tarball, (await this.rootfs()).plain);
    return tarball;
  }

  /** Lays the packages into the root file system, once it has been read into a tree. */
  async addPackages(tree: FsTree, blobs: Blobs): Promise<void> {
    await this.writeRepositories(tree, blobs);
    if (this.wishes.length === 0) return;
    const offers = await this.mirror.offered(knownKeys(await this.rootfs()));
    const installer = await ApkInstaller.open(tree, blobs);
    const installed = installer.packages.map(({ record }) => record);
    const worldBlob = tree.blobAt('etc/apk/world');
    const world = worldBlob === null ? [] : lines(await blobs.read(worldBlob));
    const worldWishes = world.map(parseDependency).filter((entry) => entry !== null);
    const universe = new Universe(
      installed,
      offers.map(({ record }) => record),
    );
    const chosen = resolvePackages(universe, [...worldWishes, ...this.wishes]);
    const fresh = chosen.filter((record) => !universe.isInstalled(record));
    const wanted = fresh.flatMap((record) => offers.find((offer) => offer.record === record) ?? []);
    await this.mirror.fetch(wanted);
    for (const [index, record] of fresh.entries()) {
      this.context.report({
        what: 'Installing Alpine’s packages',
        fraction: index / fresh.length,
        detail: `${record.name}-${record.version}`,
        remainingMs: null,
      });
      const file = await this.mirror.open(record);
      if (file.skippedDevices > 0)
        this.context.warn(`“${record.name}” has ${file.skippedDevices} device files, which were left out.`);
      await installer.add(file);
    }
    await installer.finish([
      ...world,
      ...this.wishes.map(({ name, relation, version }) => name + (relation === 'any' ? '' : relation + version)),
    ]);
  }

  private rootfs(): Promise<FetchedRootfs> {
    this.fetched ??= this.fetchRootfs();
    return this.fetched;
  }

  private async fetchRootfs(): Promise<FetchedRootfs> {
    const { release, bytes } = await this.mirror.miniRootfs();
    const plain = unpack(bytes, release.file);
    const files = new Map<string, Uint8Array>();
    for await (const { header, content } of tarEntries(plain, `“${release.file}”`)) {
      const name = KEY_FILE.exec(header.name)?.[1];
      if (name !== undefined && header.type === 'file') files.set(name, content);
    }
    return { plain, keys: new KeyRing(files, this.trustedKeys) };
  }

  /** So that `apk add` in the guest asks the same mirror. */
  private async writeRepositories(tree: FsTree, blobs: Blobs): Promise<void> {
    const address = guestAddress(this.address);
    const text = ALPINE_REPOSITORIES.map((repository) => `${address}/${this.branch}/${repository}\n`).join('');
    tree.addFile('etc/apk/repositories', APK_CONFIGURATION, await blobs.keep(new TextEncoder().encode(text)));
  }
}

function knownKeys({ keys }: FetchedRootfs): KeyRing {
  if (keys.size > 0) return keys;
  throw new FailureError(
    'damaged',
    'The mirror’s root file system has none of Alpine’s known keys, so its packages cannot be checked. The image was not built.',
  );
}

/** This computer's own loopback is the relay's gateway, seen from a guest. */
function guestAddress(address: string): string {
  const url = new URL(address);
  if (!LOOPBACK.has(url.hostname)) return address;
  url.hostname = '10.0.2.2';
  return url.href.replace(/\/+$/, '');
}

function parseWish(text: string): Dependency {
  const wish = parseDependency(text);
  if (wish === null || wish.isConflict || !isPackageName(wish.name))
    throw new FailureError('bad-input', `“${text.slice(0, 80)}” is not the name of an Alpine package.`);
  return wish;
}

function unpack(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: ROOTFS_MAX_BYTES });
  } catch (cause) {
    throw new FailureError('damaged', `“${file}” cannot be unpacked. The image was not built.`, { cause });
  }
}

function lines(bytes: Uint8Array): string[] {
  return new TextDecoder()
    .decode(bytes)
    .split(/\s+/)
    .filter((line) => line !== '');
}
