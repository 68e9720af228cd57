import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Library } from '../library/library.ts';
import type { AppInfo, LibrarySnapshot } from '../shared/ipc/contract.ts';
import type { RelayStatus } from '../shared/model/relay-status.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { LogLine } from './log-ring.ts';
import { Redactor, type Secrets } from './redaction.ts';

/** Everything a report may draw on. */
export interface DiagnosticsSources {
  readonly nowMs: number;
  readonly info: AppInfo;
  /** Of the system: release, processors, displays, graphics. */
  readonly system: Readonly<Record<string, unknown>>;
  readonly settings: Settings;
  readonly library: LibrarySnapshot;
  readonly usage: Awaited<ReturnType<Library['usage']>> | null;
  readonly runningCount: number;
  readonly relay: RelayStatus;
  readonly log: readonly LogLine[];
  readonly secrets: Secrets;
}

const FORMAT = { format: 'terrarium-diagnostics', version: 1 } as const;

/** The report as a person can read it before they send it: no name, path, address or key is in it. */
export function diagnosticsReport(sources: DiagnosticsSources): unknown {
  const redactor = new Redactor(sources.secrets);
  return {
    ...FORMAT,
    createdAt: new Date(sources.nowMs).toISOString(),
    // The app's and the system's own words, which hold nothing of the person's.
    versions: sources.info,
    system: redactor.value(sources.system),
    settings: redactor.value(sources.settings),
    library: {
      ...librarySummary(sources.library),
      storedBytes: sources.usage?.storedBytes ?? null,
      unneededBytes: sources.usage?.unneededBytes ?? null,
      problems: redactor.value(sources.library.problems),
    },
    runningVms: sources.runningCount,
    relay: redactor.value(sources.relay),
    log: sources.log.map(({ at, level, text }) => ({ at, level, text: redactor.text(text) })),
  };
}

/** @returns the report as a file: gzip-compressed JSON, indented for reading */
export function packReport(report: unknown): Promise<Buffer> {
  return promisify(gzip)(`${JSON.stringify(report, null, 2)}\n`);
}

/** Counts and sizes; nothing that somebody has named. */
function librarySummary({ vms, snapshots, images }: LibrarySnapshot): object {
  return {
    vms: vms.map((vm) => ({
      memoryMib: vm.memoryMib,
      hasHead: vm.head !== null,
      hasParent: vm.parent !== null,
      profile: vm.network.profile,
      rules: vm.network.rules.length,
      forwards: vm.network.forwards.length,
      isOnLan: vm.network.lan !== null,
      checkpoints: vm.checkpoints,
    })),
    snapshots: {
      count: snapshots.length,
      damaged: snapshots.filter(({ damage }) => damage !== null).length,
      sizeBytes: snapshots.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      byPerson: snapshots.filter(({ madeBy }) => madeBy === 'person').length,
    },
    images: images.map(({ recipe, memoryMib }) => ({ recipe, memoryMib })),
  };
}

/** The names a library holds: what a log might have repeated. */
export function namesIn({ vms, snapshots, images }: LibrarySnapshot): readonly string[] {
  return [
    ...vms.flatMap((vm) => [
      vm.name,
      vm.id,
      vm.network.lan ?? '',
      ...vm.network.rules.map((rule) => rule.domain ?? ''),
    ]),
    ...snapshots.flatMap(({ name, vmName, tags, id }) => [name, vmName, id, ...tags]),
    ...images.map(({ id }) => id),
  ];
}
