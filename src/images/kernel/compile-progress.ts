import { remainingMs, type WorkProgress } from '../packages/context.ts';

/**
 * Object files of a whole build of resources/guest/kernel.config with Linux 6.1. Only the progress shown depends on
 * it: another source or configuration moves it by a few per cent.
 */
const OBJECTS_EXPECTED = 863;

/** The share of the time that compiling takes; linking and compressing come after. */
const COMPILE_SHARE = 0.95;

/** Turns what the kernel's make prints (`  CC      mm/slub.o`) into progress for a person. */
export class CompileProgress {
  readonly #startObjects: number;
  readonly #startedMs: number;
  #objects: number;
  #current = '';
  #linking = false;

  /**
   * @param objects object files there already, from an interrupted build
   * @param nowMs when the build begins, in the clock of {@link at}
   */
  constructor(objects: number, nowMs: number) {
    this.#startObjects = objects;
    this.#objects = objects;
    this.#startedMs = nowMs;
  }

  line(line: string): void {
    const match = /^ {2}([A-Z]+) +(\S+)/.exec(line);
    if (match === null) return;
    const [, step = '', target = ''] = match;
    if (step === 'CC' || step === 'AS') {
      this.#objects += 1;
      this.#current = target;
    } else if (target === 'vmlinux' || target.startsWith('arch/x86/boot/')) {
      this.#linking = true;
      this.#current = target;
    }
  }

  at(nowMs: number): WorkProgress {
    const share = (objects: number): number => Math.min(1, objects / OBJECTS_EXPECTED) * COMPILE_SHARE;
    const fraction = this.#linking ? Math.max(COMPILE_SHARE, share(this.#objects)) : share(this.#objects);
    return {
      what: 'Compiling the guest kernel',
      fraction,
      detail:
        this.#current === ''
          ? ''
          : `file ${this.#objects} of about ${Math.max(OBJECTS_EXPECTED, this.#objects)}: ${this.#current}`,
      remainingMs: remainingMs(nowMs - this.#startedMs, fraction, share(this.#startObjects)),
    };
  }
}
