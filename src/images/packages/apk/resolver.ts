import { FailureError } from '../../../shared/result.ts';
import { formatDependency, satisfies, type Dependency, type Provision } from './dependency.ts';
import { compareVersions } from './version.ts';
import { provisionsOf, type ApkRecord } from './record.ts';

/** What can be chosen from, by every name it goes by. */
export class Universe {
  private readonly byName = new Map<string, ApkRecord[]>();
  private readonly installed: ReadonlySet<ApkRecord>;
  readonly withInstallIf: readonly ApkRecord[];

  /**
   * @param installed what is there already: taken rather than another version of it, unless that will not do
   * @param offered what the repositories have
   */
  constructor(installed: readonly ApkRecord[], offered: readonly ApkRecord[]) {
    this.installed = new Set(installed);
    const all = [...installed, ...offered];
    for (const record of all) {
      for (const name of new Set(provisionsOf(record).map((provision) => provision.name))) {
        const sharers = this.byName.get(name);
        if (sharers) sharers.push(record);
        else this.byName.set(name, [record]);
      }
    }
    this.withInstallIf = all.filter((record) => record.installIf.length > 0);
  }

  isInstalled(record: ApkRecord): boolean {
    return this.installed.has(record);
  }

  /** The packages that would do, best first. */
  candidates(dependency: Dependency, avoided: ReadonlySet<ApkRecord>): ApkRecord[] {
    const found = (this.byName.get(dependency.name) ?? []).filter((record) => isAnswer(record, dependency));
    const rank = (record: ApkRecord): readonly number[] => [
      avoided.has(record) ? 1 : 0,
      this.installed.has(record) ? 0 : 1,
      record.name === dependency.name ? 0 : 1,
      -(record.providerPriority ?? 0),
    ];
    return found.sort((a, b) => compareRanks(rank(a), rank(b)) || newerFirst(a, b));
  }
}

/** Alpine's largest desktops have some 1000; the search calls itself once for each. */
const CHOSEN_MAX = 2000;
/** Beyond this many choices the packages of a hostile index would only keep us busy. */
const CHOICES_MAX = 200_000;

/**
 * Finds the packages that satisfy all wishes together: every dependency met, no name with a version provided twice, no
 * conflict. What is installed stays as it is where that is possible.
 * @param wishes what a person asked for, and what was asked for before (/etc/apk/world)
 * @returns in the order to install them: each after what it needs, except where they need each other
 * @throws FailureError `not-found` for what no package provides, `bad-input` when there is no way
 */
export function resolvePackages(universe: Universe, wishes: readonly Dependency[]): ApkRecord[] {
  const budget = { left: CHOICES_MAX };
  let chosen = solve(universe, wishes, budget);
  // What comes along by itself may bring more of its kind.
  for (let isMore = true; isMore;) {
    isMore = false;
    for (const record of universe.withInstallIf) {
      if (chosen.includes(record) || !record.installIf.every((condition) => holds(chosen, condition))) continue;
      const pinned: Dependency = { name: record.name, relation: '=', version: record.version, isConflict: false };
      const extended = trySolve(universe, [...wishes, ...chosen.map(pin), pinned], budget);
      if (extended === null || extended.length <= chosen.length) continue;
      chosen = extended;
      isMore = true;
    }
  }
  return inOrder(chosen);
}

function solve(universe: Universe, wishes: readonly Dependency[], budget: { left: number }): ApkRecord[] {
  const search = new Search(universe, budget);
  const chosen = search.run(wishes);
  if (chosen === null) throw search.failure(wishes);
  return chosen;
}

function trySolve(universe: Universe, wishes: readonly Dependency[], budget: { left: number }): ApkRecord[] | null {
  return new Search(universe, budget).run(wishes);
}

/**
 * A search with backtracking. When a choice turns out to be of the wrong version, it begins anew with that one last
 * in line: nearly always the right lesson, where plain backtracking would first try everything chosen in between.
 */
class Search {
  private readonly universe: Universe;
  private readonly budget: { left: number };
  private readonly avoided = new Set<ApkRecord>();
  /** What to avoid in the next run; empty or one. */
  private lessons: readonly ApkRecord[] = [];
  private obstacle: { readonly dependency: Dependency; readonly neededBy: string } | null = null;

  constructor(universe: Universe, budget: { left: number }) {
    this.universe = universe;
    this.budget = budget;
  }

  run(wishes: readonly Dependency[]): ApkRecord[] | null {
    const needs = wishes.map((dependency) => ({ dependency, neededBy: '' }));
    for (;;) {
      this.lessons = [];
      this.obstacle = null;
      const chosen = this.extend(new Selection(), needs);
      if (chosen !== null) return chosen;
      if (this.lessons.length === 0) return null;
      for (const record of this.lessons) this.avoided.add(record);
    }
  }

  failure(wishes: readonly Dependency[]): FailureError {
    const missing = wishes.find(
      (wish) => !wish.isConflict && this.universe.candidates(wish, this.avoided).length === 0,
    );
    if (missing)
      return new FailureError('not-found', `Alpine has no package “${formatDependency(missing)}” for this release.`);
    const { dependency, neededBy } = this.obstacle ?? {};
    const detail = dependency
      ? `: ${neededBy === '' ? 'you ask for' : `“${neededBy}” needs`} “${formatDependency(dependency)}”, which does not go with the rest`
      : '';
    return new FailureError('bad-input', `These packages cannot be installed together${detail}.`);
  }

  private extend(selection: Selection, needs: readonly Need[]): ApkRecord[] | null {
    // Backtracking stops as soon as there is a lesson.
    for (let index = 0; index < needs.length; index += 1) {
      const need = needs[index];
      if (!need) break;
      const { dependency, neededBy } = need;
      if (dependency.isConflict) {
        if (!selection.forbid(dependency)) return this.stuck(need, null);
        continue;
      }
      if (selection.meets(dependency)) continue;
      const candidates = this.universe.candidates(dependency, this.avoided);
      const rest = needs.slice(index + 1);
      let blocker: ApkRecord | null = null;
      for (const record of candidates) {
        this.budget.left -= 1;
        if (this.budget.left < 0 || selection.size >= CHOSEN_MAX)
          throw new FailureError('limit', 'There are too many ways to install these packages. Ask for fewer at once.');
        const clash = selection.clashOf(record);
        if (clash !== null) {
          if (clash !== record) blocker ??= clash;
          continue;
        }
        const own = record.dependencies.map((entry) => ({ dependency: entry, neededBy: record.name }));
        const found = this.extend(selection.with(record), [...own, ...rest]);
        if (found !== null || this.lessons.length > 0) return found;
      }
      return this.stuck({ dependency, neededBy }, blocker);
    }
    return selection.records();
  }

  private stuck(need: Need, blocker: ApkRecord | null): null {
    this.obstacle ??= need;
    if (blocker !== null && !this.avoided.has(blocker)) this.lessons = [blocker];
    return null;
  }
}

interface Need {
  readonly dependency: Dependency;
  readonly neededBy: string;
}

interface Provided extends Provision {
  readonly by: ApkRecord;
}

/** What is chosen so far. Copied with each choice, so that going back needs no undoing. */
class Selection {
  private readonly chosen: readonly ApkRecord[];
  private readonly provided: Map<string, readonly Provided[]>;
  private readonly forbidden: Map<string, readonly Dependency[]>;

  constructor(
    chosen: readonly ApkRecord[] = [],
    provided = new Map<string, readonly Provided[]>(),
    forbidden = new Map<string, readonly Dependency[]>(),
  ) {
    this.chosen = chosen;
    this.provided = provided;
    this.forbidden = forbidden;
  }

  get size(): number {
    return this.chosen.length;
  }

  records(): ApkRecord[] {
    return [...this.chosen];
  }

  meets(dependency: Dependency): boolean {
    return (this.provided.get(dependency.name) ?? []).some((entry) => satisfies(dependency, entry));
  }

  /** @returns the chosen package that the other one cannot be with, or itself where a conflict forbids it; null: none */
  clashOf(record: ApkRecord): ApkRecord | null {
    for (const provision of provisionsOf(record)) {
      const others = this.provided.get(provision.name) ?? [];
      // Names with a version belong to one package at a time (apk-package(5)).
      const other = others.find(({ version }) => version !== null && provision.version !== null);
      if (other) return other.by;
      if ((this.forbidden.get(provision.name) ?? []).some((entry) => satisfies(entry, provision))) return record;
    }
    return null;
  }

  /** @returns false when it is among the chosen already */
  forbid(dependency: Dependency): boolean {
    if (this.meets(dependency)) return false;
    const entries = this.forbidden.get(dependency.name) ?? [];
    this.forbidden.set(dependency.name, [...entries, dependency]);
    return true;
  }

  with(record: ApkRecord): Selection {
    const provided = new Map(this.provided);
    for (const provision of provisionsOf(record)) {
      provided.set(provision.name, [...(provided.get(provision.name) ?? []), { ...provision, by: record }]);
    }
    return new Selection([...this.chosen, record], provided, new Map(this.forbidden));
  }
}

function isAnswer(record: ApkRecord, dependency: Dependency): boolean {
  return provisionsOf(record).some((provision) => satisfies(dependency, provision));
}

function holds(chosen: readonly ApkRecord[], condition: Dependency): boolean {
  return condition.isConflict !== chosen.some((record) => isAnswer(record, condition));
}

function pin(record: ApkRecord): Dependency {
  return { name: record.name, relation: '=', version: record.version, isConflict: false };
}

/** Depth first, so that each comes after what it needs. */
function inOrder(chosen: readonly ApkRecord[]): ApkRecord[] {
  const providers = new Map<string, ApkRecord[]>();
  for (const record of chosen) {
    for (const { name } of provisionsOf(record)) providers.set(name, [...(providers.get(name) ?? []), record]);
  }
  const ordered = new Set<ApkRecord>();
  const seen = new Set<ApkRecord>();
  const visit = (record: ApkRecord): void => {
    if (seen.has(record)) return;
    seen.add(record);
    for (const dependency of record.dependencies) {
      if (dependency.isConflict) continue;
      for (const other of providers.get(dependency.name) ?? []) if (isAnswer(other, dependency)) visit(other);
    }
    ordered.add(record);
  };
  for (const record of chosen) visit(record);
  return [...ordered];
}

function newerFirst(a: ApkRecord, b: ApkRecord): number {
  return compareVersions(b.version, a.version) || (a.name < b.name ? -1 : 1);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
