/** One script of a package, to be run inside the machine. */
export interface FirstBootRun {
  /** `busybox-1.36.1-r29.post-install`: what it is called when it fails. */
  readonly title: string;
  readonly script: Uint8Array;
  readonly args: readonly string[];
}

/** resources/guest/init runs it before anything else may use the machine. */
export const FIRST_BOOT_PROGRAM = 'usr/lib/terrarium/first-boot';
export const FIRST_BOOT_FOLDER = 'usr/lib/terrarium/first-boot.d';

/** Begins the line on the console that tells of a script that failed. */
const FIRST_BOOT_FAILED = 'terrarium: first boot: ';

/**
 * A program for the machine's first boot that runs the scripts in order, tells of each that fails, as apk does, and
 * removes itself. A machine that is switched off meanwhile begins again: scripts of packages stand that.
 * @returns the program, and the scripts by their names in its folder
 */
export function firstBootProgram(runs: readonly FirstBootRun[]): {
  readonly program: string;
  readonly scripts: ReadonlyMap<string, Uint8Array>;
} {
  const scripts = new Map<string, Uint8Array>();
  const calls = runs.map(({ title, script, args }, index) => {
    const name = `${String(index).padStart(4, '0')}-${title}`;
    scripts.set(name, script);
    return ['run', name, title, ...args].map((word, at) => (at === 0 ? word : quoted(word))).join(' ');
  });
  const program = `#!/usr/lib/terrarium/busybox sh
# Scripts of the packages that were installed when this image was built. They run once, inside the machine, and in
# the environment that apk gives them.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd /
run() {
  script=/${FIRST_BOOT_FOLDER}/$1
  title=$2
  shift 2
  "$script" "$@" >>/var/log/terrarium-first-boot.log 2>&1 </dev/null
  status=$?
  [ "$status" = 0 ] || echo "${FIRST_BOOT_FAILED}$title ended with $status"
}
/usr/lib/terrarium/busybox mkdir -p /var/log
${calls.join('\n')}
/usr/lib/terrarium/busybox rm -rf /${FIRST_BOOT_FOLDER} /${FIRST_BOOT_PROGRAM}
`;
  return { program, scripts };
}

/** As the program says it; any image's guest may print what begins like it. */
const FAILURE = /^[A-Za-z0-9+._-]{1,300} ended with \d{1,3}$/;
const FAILURES_MAX = 20;

/** What failed at the first boot, from the machine's console: each once, nothing but such lines. */
export function firstBootFailures(consoleText: string): string[] {
  const told = consoleText
    .split(/[\r\n]+/)
    .filter((line) => line.startsWith(FIRST_BOOT_FAILED))
    .map((line) => line.slice(FIRST_BOOT_FAILED.length))
    .filter((line) => FAILURE.test(line));
  return [...new Set(told)].slice(0, FAILURES_MAX);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
