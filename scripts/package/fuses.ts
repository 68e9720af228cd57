import { FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire, type FuseV1Config } from '@electron/fuses';

/**
 * What a packaged Terrarium can no longer be made to do, by whoever may start it but not change its files. The runtime that
 * development and tests use keeps the inspector: Playwright drives the app through it.
 */
const PACKAGED_FUSES = {
  /** The signed app is no Node for other programs. */
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  /** The app keeps no cookies; encryption would only ask for the system's keyring at the first start. */
  [FuseV1Options.EnableCookieEncryption]: false,
  /** Electron checks the archive on macOS and Windows only; there its hash has to be put into the program, which signing does. */
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: false,
  /** Nobody can put a folder of code in the archive's place. */
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  /** The page comes from its own protocol; `file:` pages get nothing. */
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
} as const satisfies Record<FuseV1Options, boolean>;

export type FuseName = keyof typeof FuseV1Options;

/** Writes the fuses into a runtime's program file. */
export async function flipPackagedFuses(program: string): Promise<void> {
  const config: FuseV1Config = { version: FuseVersion.V1, strictlyRequireAllFuses: true, ...PACKAGED_FUSES };
  await flipFuses(program, config);
}

/** A byte of the fuse wire as Electron reads it: `0`, `1`, or `r` for one that was removed. */
const ENABLED = 0x31;

/** What is written in a program file now. */
export async function readFuses(program: string): Promise<Readonly<Record<FuseName, boolean>>> {
  const wire = await getCurrentFuseWire(program);
  const names = Object.keys(FuseV1Options).filter((name): name is FuseName => Number.isNaN(Number(name)));
  return Object.fromEntries(
    names.map((name) => [name, (wire[FuseV1Options[name]] as number | undefined) === ENABLED]),
  ) as Record<FuseName, boolean>;
}
