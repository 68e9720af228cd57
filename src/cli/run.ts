import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { beginWorker } from '../headless/begin-worker.ts';
import { EXIT_TERRARIUM_FAILED, EXIT_TIMED_OUT, exitCodeOf } from '../headless/exit-code.ts';
import { launchMachine, nameTaken } from '../headless/launch.ts';
import type { CommandOptions, HeadlessMachine, RunOutcome } from '../headless/machine.ts';
import { leftOutSentence } from '../headless/tree-report.ts';
import type { Library } from '../library/library.ts';
import { CommandNotRun } from '../machine/guest-api.ts';
import type { SnapshotSummary } from '../shared/model/state.ts';
import { FailureError, type Failure } from '../shared/result.ts';
import { Output } from './command/output.ts';
import type { CliPlaces } from './places.ts';
import { JSON_OUTPUT_MAX_BYTES, runDocument, type RunDocument } from './run-document.ts';
import { runPlan, type RunPlan } from './run-plan.ts';
import { RunSignals } from './run-signals.ts';
import { connectStreams, takesInput } from './run-streams.ts';

/** `terrarium run`: one command in a machine of its own. @returns the exit code */
export async function runCommand(places: CliPlaces, args: readonly string[]): Promise<number> {
  const plan = runPlan(args, process.env);
  const output = new Output(plan.isJson);
  const signals = new RunSignals();
  try {
    const work = new MachineRun(places, plan, signals, output).run();
    const { exitCode, document } = await Promise.race([work, graceAfter(signals.everything.signal)]);
    // Last, when nothing can fail any more: there is one document.
    output.json(document);
    return exitCode;
  } catch (cause) {
    // After a signal it is clear why things fail.
    if (signals.exitCode === null) throw cause;
    output.json({ error: { code: 'cancelled', message: 'Stopped.' }, exitCode: signals.exitCode });
    return signals.exitCode;
  } finally {
    signals.stop();
  }
}

/** How a run ended, and what `--json` prints of it. */
interface RunEnd {
  readonly exitCode: number;
  readonly document: RunDocument | { readonly error: Failure; readonly exitCode: number } | null;
}

/** What a machine still has to clean up when it is ended takes a moment on a busy disk; nobody who stops it waits for more. */
const GRACE_MS = 2000;

function graceAfter(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onOver = (): void => reject(new FailureError('cancelled', 'The machine was ended.'));
    signal.addEventListener('abort', () => setTimeout(onOver, GRACE_MS).unref(), { once: true });
  });
}

/** A guest may find ways to be complained about without end. */
const PROBLEMS_MAX = 100;

class MachineRun {
  private readonly places: CliPlaces;
  private readonly plan: RunPlan;
  private readonly signals: RunSignals;
  private readonly output: Output;
  private readonly problems: string[] = [];

  constructor(places: CliPlaces, plan: RunPlan, signals: RunSignals, output: Output) {
    this.places = places;
    this.plan = plan;
    this.signals = signals;
    this.output = output;
  }

  async run(): Promise<RunEnd> {
    // It loads while the library is read.
    const worker = beginWorker(this.places.parts);
    await checkHostPaths(this.plan);
    const library = await this.places.openLibrary();
    try {
      await this.checkSnapshotName(library);
      const { from, memoryMib, network } = this.plan;
      const machine = await launchMachine(library, worker, from, {
        network,
        ...(memoryMib !== null && { memoryMib }),
        signal: this.signals.everything.signal,
        onProblem: (sentence) => this.tell(sentence),
      });
      // Whatever is asked of it then fails at once, and what waits for that cleans up after itself.
      this.signals.everything.signal.addEventListener('abort', () => void machine.close(), { once: true });
      try {
        return await this.runIn(machine);
      } finally {
        await machine.close();
      }
    } finally {
      await library.close();
    }
  }

  private async runIn(machine: HeadlessMachine): Promise<RunEnd> {
    const { signal } = this.signals.everything;
    for (const { from, to } of this.plan.copiesIn) {
      const sentence = leftOutSentence(`“${from}”`, await machine.copyIn(from, to, { signal }));
      if (sentence !== null) this.tell(sentence);
    }
    try {
      return this.plan.isJson ? await this.runForDocument(machine) : await this.runStreaming(machine);
    } catch (cause) {
      if (!(cause instanceof CommandNotRun)) throw cause;
      // A shell's exit codes for it; nothing ran, so there is nothing to copy or to keep.
      const { code, message, exitCode } = cause;
      if (!this.plan.isJson) this.output.complain(message);
      return { exitCode, document: { error: { code, message }, exitCode } };
    }
  }

  private async runStreaming(machine: HeadlessMachine): Promise<RunEnd> {
    const { argv, hasTerminal, timeoutMs } = this.plan;
    const command = await machine.exec({ argv, hasStdin: takesInput(hasTerminal) }, this.commandOptions());
    this.signals.running = command;
    await connectStreams(command, hasTerminal).catch((cause: unknown) => {
      throw machine.endFailure ?? cause;
    });
    const exitCode = exitCodeOf(await command.result);
    this.signals.running = null;
    if (exitCode === EXIT_TIMED_OUT && timeoutMs !== null) {
      this.tell(`The command was ended after ${timeoutMs / 1000} s.`);
    }
    return { exitCode: (await this.finish(machine, exitCode)).exitCode, document: null };
  }

  private async runForDocument(machine: HeadlessMachine): Promise<RunEnd> {
    const { argv, hasTerminal } = this.plan;
    const outcome: RunOutcome = await machine.run(argv, {
      ...this.commandOptions(),
      maxOutputBytes: JSON_OUTPUT_MAX_BYTES,
      ...(takesInput(hasTerminal) && { input: process.stdin }),
      onStarted: (command) => {
        this.signals.running = command;
      },
    });
    this.signals.running = null;
    const { exitCode, snapshot } = await this.finish(machine, outcome.exitCode);
    return { exitCode, document: runDocument(outcome, exitCode, snapshot, this.problems) };
  }

  private commandOptions(): CommandOptions {
    const { env, cwd, user, timeoutMs, hasTerminal } = this.plan;
    const { columns = 80, rows = 25 } = process.stdout as { columns?: number; rows?: number };
    return {
      // What draws on a terminal must know which.
      env: hasTerminal ? { TERM: process.env['TERM'] ?? 'xterm-256color', ...env } : env,
      ...(cwd !== null && { cwd }),
      ...(user !== null && { user }),
      ...(timeoutMs !== null && { timeoutMs }),
      ...(hasTerminal && { terminal: { columns, rows } }),
      signal: this.signals.everything.signal,
    };
  }

  /** Copies out and saves, as far as the command's end allows it. */
  private async finish(
    machine: HeadlessMachine,
    commandExitCode: number,
  ): Promise<{ exitCode: number; snapshot: SnapshotSummary | null }> {
    const interrupted = this.signals.exitCode;
    if (interrupted !== null) return { exitCode: interrupted, snapshot: null };
    let exitCode = await this.copyOut(machine, commandExitCode);
    const { save } = this.plan;
    if (save === null) return { exitCode, snapshot: null };
    if (commandExitCode !== 0 && !save.always) {
      this.tell(
        `The snapshot “${save.name}” was not taken, because the command failed. --save-always takes it anyway.`,
      );
      return { exitCode, snapshot: null };
    }
    try {
      return { exitCode, snapshot: await machine.snapshot(save.name) };
    } catch (cause) {
      this.tell(this.messageOf(cause));
      exitCode = EXIT_TERRARIUM_FAILED;
      return { exitCode, snapshot: null };
    }
  }

  /** What a failed command leaves behind is worth having; what it did not come to make is no second failure. */
  private async copyOut(machine: HeadlessMachine, commandExitCode: number): Promise<number> {
    let exitCode = commandExitCode;
    for (const { from, to } of this.plan.copiesOut) {
      try {
        const report = await machine.copyOut(from, to, { signal: this.signals.everything.signal });
        const sentence = leftOutSentence(from, report);
        if (sentence !== null) this.tell(sentence);
      } catch (cause) {
        this.tell(this.messageOf(cause));
        if (exitCode === 0) exitCode = EXIT_TERRARIUM_FAILED;
      }
    }
    return exitCode;
  }

  /** What a copy or a snapshot that failed says. @throws what is a bug, or comes of a signal, which ends the run */
  private messageOf(cause: unknown): string {
    if (cause instanceof FailureError && this.signals.exitCode === null) return cause.message;
    throw cause;
  }

  private async checkSnapshotName(library: Library): Promise<void> {
    const { save } = this.plan;
    if (save !== null && !(await library.snapshotNameIsFree(save.name))) throw nameTaken(save.name);
  }

  private tell(sentence: string): void {
    if (this.problems.length >= PROBLEMS_MAX) return;
    this.problems.push(sentence);
    if (!this.plan.isJson) this.output.complain(sentence);
  }
}

/** Before a machine runs for minutes: whether what is to be copied is there, and where it is to go. */
async function checkHostPaths({ copiesIn, copiesOut }: RunPlan): Promise<void> {
  for (const { from } of copiesIn) {
    await stat(from).catch((cause: unknown) => {
      throw new FailureError('not-found', `“${from}” cannot be read. Nothing was run.`, { cause });
    });
  }
  for (const { to } of copiesOut) {
    const folder = /[/\\]$/.test(to) ? to : path.dirname(to);
    await access(folder).catch((cause: unknown) => {
      throw new FailureError('not-found', `There is no folder “${folder}” to copy to. Nothing was run.`, { cause });
    });
  }
}
