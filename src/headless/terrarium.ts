import type { Library } from '../library/library.ts';
import type { MachineParts } from '../machine/node-endpoint.ts';
import { summarizeImage, type ImageSummary } from '../shared/model/image.ts';
import { summarizeSnapshot } from '../shared/model/snapshot-summary.ts';
import type { SnapshotSummary } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import { beginWorker } from './begin-worker.ts';
import { launchMachine, type LaunchOptions } from './launch.ts';
import type { HeadlessMachine, RunOptions, RunOutcome } from './machine.ts';
import { openLibrary } from './open-library.ts';
import { installedPageWorker, installedParts } from './places.ts';

export interface TerrariumOptions {
  /** The folder of the library. `TERRARIUM_HOME`, or the app's own folder, unless given. */
  readonly home?: string;
}

/**
 * The machines of one library, for a Node program. The app and the `terrarium` command may use the same library at the
 * same time: images and snapshots made in one are there in the others.
 */
export class Terrarium {
  private readonly library: Library;
  private readonly parts: MachineParts;
  private readonly machines = new Set<HeadlessMachine>();
  private readonly launches = new Set<Promise<HeadlessMachine>>();
  private readonly closing = new AbortController();

  private constructor(library: Library, parts: MachineParts) {
    this.library = library;
    this.parts = parts;
  }

  static async open(options: TerrariumOptions = {}): Promise<Terrarium> {
    const parts = installedParts();
    return new Terrarium(await openLibrary(installedPageWorker(parts), options.home), parts);
  }

  /** Over a library that is open already; `close` closes it. @internal */
  static over(library: Library, parts: MachineParts): Terrarium {
    return new Terrarium(library, parts);
  }

  /** The images that have been built, newest first. */
  async images(): Promise<readonly ImageSummary[]> {
    return (await this.library.images.list()).manifests.map(summarizeImage);
  }

  async snapshots(): Promise<readonly SnapshotSummary[]> {
    return (await this.library.snapshots()).map((snapshot) => summarizeSnapshot(snapshot));
  }

  /**
   * Starts a machine of its own, which the app does not show, from an image or a snapshot. Close it when it is not
   * needed any more; what no snapshot holds is then gone.
   * @param nameOrId of an image (its newest, if several have the name) or of a snapshot
   * @throws FailureError `not-found`, `bad-input` for an ambiguous name, `config-mismatch`, `damaged`
   */
  async launch(nameOrId: string, options: LaunchOptions = {}): Promise<HeadlessMachine> {
    const closed = this.closing.signal;
    if (closed.aborted) throw new FailureError('illegal-transition', 'This Terrarium has been closed.');
    const signal = options.signal ? AbortSignal.any([options.signal, closed]) : closed;
    const launching = launchMachine(this.library, beginWorker(this.parts), nameOrId, { ...options, signal });
    this.launches.add(launching);
    try {
      const machine = await launching;
      this.machines.add(machine);
      void machine.ended.then(() => this.machines.delete(machine));
      return machine;
    } finally {
      this.launches.delete(launching);
    }
  }

  /** Runs one command in a machine of its own, and throws the machine away. */
  async run(nameOrId: string, argv: readonly string[], options: LaunchOptions & RunOptions = {}): Promise<RunOutcome> {
    const machine = await this.launch(nameOrId, options);
    try {
      return await machine.run(argv, runOptionsOf(options));
    } finally {
      await machine.close();
    }
  }

  /** Ends every machine, also those that are being launched, and gives up the library. */
  async close(): Promise<void> {
    this.closing.abort();
    // What a machine cannot give back by itself goes with the library.
    await Promise.allSettled(this.launches);
    await Promise.allSettled([...this.machines].map((machine) => machine.close()));
    await this.library.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Without what is about the launch: a machine's terminal or network is none of the command's. */
function runOptionsOf({
  memoryMib: _m,
  network: _n,
  name: _a,
  onProblem: _p,
  ...rest
}: LaunchOptions & RunOptions): RunOptions {
  return rest;
}
