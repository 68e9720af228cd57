import type { Library } from '../library/library.ts';
import type { VerifyReport } from '../library/verify.ts';
import type { LibrarySnapshot } from '../shared/ipc/contract.ts';
import { summarizeImage } from '../shared/model/image.ts';
import { summarizeSnapshot } from '../shared/model/snapshot-summary.ts';

/** Everything the page shows of the library, with what was found damaged since the app started. */
export class LibraryListing {
  private readonly library: Library;
  /** Sentences from when the library was opened. */
  private readonly problems: readonly string[];
  /** Sentences by the id of the state. */
  private damage: ReadonlyMap<string, string> = new Map();

  constructor(library: Library, problems: readonly string[]) {
    this.library = library;
    this.problems = problems;
  }

  /** Takes a check of the whole library in place of the one before. */
  noteDamage({ damage }: Pick<VerifyReport, 'damage'>): void {
    this.damage = new Map(damage.map(({ id, message }) => [id, message]));
  }

  /** Adds what a check of a single state found. */
  addDamage({ damage }: Pick<VerifyReport, 'damage'>): void {
    this.damage = new Map([...this.damage, ...damage.map(({ id, message }) => [id, message] as const)]);
  }

  async list(): Promise<LibrarySnapshot> {
    const { library } = this;
    const [vms, { states, damaged }, { manifests }] = await Promise.all([
      library.listVms(),
      library.states.list(),
      library.images.list(),
    ]);
    return {
      vms,
      snapshots: states
        .filter((state) => state.kind === 'snapshot')
        .map((state) => summarizeSnapshot(state, this.damage.get(state.id) ?? null)),
      images: manifests.map(summarizeImage),
      problems: [...new Set([...this.problems, ...damaged.map(({ reason }) => reason)])],
    };
  }
}
