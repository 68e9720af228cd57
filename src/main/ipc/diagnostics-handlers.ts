import { writeFile } from 'node:fs/promises';
import { cpus, freemem, homedir, hostname, release, tmpdir, totalmem, userInfo } from 'node:os';
import { app, screen } from 'electron';
import { storageFailure } from '../../library/durable.ts';
import type { Library } from '../../library/library.ts';
import type { AppInfo } from '../../shared/ipc/contract.ts';
import { MIB } from '../../shared/model/limits.ts';
import { diagnosticsReport, namesIn, packReport } from '../diagnostics.ts';
import type { LibraryListing } from '../library-listing.ts';
import type { LogRing } from '../log-ring.ts';
import type { RelaySupervisor } from '../relay-supervisor.ts';
import type { RunningVms } from '../running-vms.ts';
import type { SeenNames } from '../seen-names.ts';
import type { SettingsStore } from '../settings-store.ts';
import type { NativeDialogs } from './native-dialogs.ts';
import type { CallHandlers } from './register.ts';

export interface DiagnosticsHandlerDependencies {
  readonly library: Pick<Library, 'usage'>;
  readonly listing: Pick<LibraryListing, 'list'>;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly running: Pick<RunningVms, 'count'>;
  readonly relay: Pick<RelaySupervisor<never>, 'status'>;
  readonly log: Pick<LogRing, 'lines'>;
  readonly seenNames: SeenNames;
  /** Folders of this computer that errors may name. */
  readonly folders: readonly string[];
  readonly info: () => AppInfo;
  readonly dialogs: NativeDialogs;
}

export function diagnosticsHandlers(
  dependencies: DiagnosticsHandlerDependencies,
): Pick<CallHandlers, 'app.saveDiagnostics'> {
  const { library, listing, settings, running, relay, log, seenNames } = dependencies;
  return {
    'app.saveDiagnostics': async () => {
      const nowMs = Date.now();
      const file = await chooseFile(dependencies.dialogs, nowMs);
      if (file === null) return null;
      const content = await listing.list();
      seenNames.add(namesIn(content));
      const bytes = await packReport(
        diagnosticsReport({
          nowMs,
          info: dependencies.info(),
          system: systemFacts(),
          settings: settings.get(),
          library: content,
          // A library that cannot be added up is what the report may be about.
          usage: await library.usage().catch(() => null),
          runningCount: running.count,
          relay: relay.status,
          log: log.lines(),
          secrets: {
            names: [...seenNames.list(), userInfo().username, hostname()],
            folders: [...dependencies.folders, homedir(), tmpdir(), app.getPath('userData')],
            appFolder: app.getAppPath(),
          },
        }),
      );
      try {
        await writeFile(file, bytes);
      } catch (cause) {
        throw storageFailure(cause, 'The diagnostics were not saved');
      }
      return { sizeBytes: bytes.byteLength };
    },
  };
}

function systemFacts(): Readonly<Record<string, unknown>> {
  return {
    release: release(),
    locale: app.getLocale(),
    processors: cpus().length,
    processor: cpus()[0]?.model ?? null,
    memoryMib: Math.floor(totalmem() / MIB),
    freeMemoryMib: Math.floor(freemem() / MIB),
    displays: screen.getAllDisplays().map(({ size, scaleFactor }) => ({ ...size, scaleFactor })),
    graphics: app.getGPUFeatureStatus(),
    processes: app.getAppMetrics().map(({ type, cpu, memory }) => ({
      type,
      cpuPercent: Math.round(cpu.percentCPUUsage),
      memoryMib: Math.round(memory.workingSetSize / 1024),
    })),
    upSeconds: Math.round(process.uptime()),
  };
}

function chooseFile(dialogs: NativeDialogs, nowMs: number): Promise<string | null> {
  const t = dialogs.t();
  const name = `terrarium-diagnostics-${new Date(nowMs).toISOString().slice(0, 10)}.json.gz`;
  return dialogs.save(t('diagnostics.save'), name, [{ name: t('diagnostics.kind'), extensions: ['json.gz', 'gz'] }]);
}
