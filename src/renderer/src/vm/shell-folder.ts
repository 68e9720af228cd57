import type { MachineClient } from '../../../machine/client.ts';
import { GUEST_BUSYBOX } from '../../../machine/guest-run.ts';
import { isShellId, type TerminalId } from './terminal-id.ts';

/** The variable by which the shell of a terminal is found again among the guest's programs. */
export const TERMINAL_VARIABLE = 'TERRARIUM_TERMINAL';

/** Linux's own bound of a path. */
const FOLDER_MAX_BYTES = 4096;
/** A person waits for the terminal meanwhile. */
const FIND_TIMEOUT_MS = 3000;
/** `hvc0` as the kernel writes it into /proc: major 229, minor 0. */
const FIRST_CONSOLE_DEVICE = 229 * 256;

/**
 * The folder of the session leader with this terminal device, or with this variable where the device is 0.
 * Its programs are our busybox's ($3): a guest's search path may have none. After a program's name, /proc/PID/stat goes on: state, parent, group, session, terminal.
 */
const FIND_FOLDER = `
for stat in /proc/[0-9]*/stat; do
  read -r line < "$stat" || continue
  process=\${stat%/stat}
  set -- "$1" "$2" "$3" \${line##*) }
  [ "$7" = "\${process#/proc/}" ] && [ "$8" != 0 ] || continue
  if [ "$1" = 0 ]; then
    "$3" tr '\\0' '\\n' < "$process/environ" | "$3" grep -qxF "$2" || continue
  else
    [ "$8" = "$1" ] || continue
  fi
  exec "$3" readlink "$process/cwd"
done 2>/dev/null
exit 1`;

/** The login of the consoles goes home first: here it goes to a folder instead, as long as that is there. */
const LOGIN_IN_FOLDER =
  'folder=$1; shift; cd() { command cd "$folder" 2>/dev/null || command cd "$@"; }; . /usr/lib/terrarium/login';

/** The command of a login shell that begins in a folder. */
export function loginIn(folder: string): readonly string[] {
  return [GUEST_BUSYBOX, 'sh', '-c', LOGIN_IN_FOLDER, 'login', folder];
}

/** Where the shell of a terminal is now. Null when nobody knows: it has ended, or the guest does not answer. */
export async function folderOf(client: Pick<MachineClient, 'exec'>, id: TerminalId): Promise<string | null> {
  if (id === 'boot') return null;
  const device = isShellId(id) ? 0 : FIRST_CONSOLE_DEVICE + id;
  const wanted = [String(device), `${TERMINAL_VARIABLE}=${id}`, GUEST_BUSYBOX];
  try {
    const process = await client.exec(
      {
        argv: [GUEST_BUSYBOX, 'sh', '-c', FIND_FOLDER, 'find-folder', ...wanted],
        cwd: '/',
      },
      { timeoutMs: FIND_TIMEOUT_MS },
    );
    void process.stderr.cancel();
    const [printed, result] = await Promise.all([readSome(process.stdout), process.result]);
    return result.kind === 'exited' && result.code === 0 ? soundFolder(printed) : null;
  } catch {
    // A terminal at home is as good as a message: the person sees where it is.
    return null;
  }
}

/** The guest's word for a folder, as far as it is one. */
function soundFolder(printed: Uint8Array): string | null {
  const folder = new TextDecoder().decode(printed).replace(/\n$/, '');
  return folder.startsWith('/') && printed.byteLength <= FOLDER_MAX_BYTES && !folder.includes('\0') ? folder : null;
}

/** Reads to the end, and keeps a little more than a folder can be. */
async function readSome(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const kept = new Uint8Array(FOLDER_MAX_BYTES + 2);
  let length = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const piece = next.value.subarray(0, kept.byteLength - length);
    kept.set(piece, length);
    length += piece.byteLength;
  }
  return kept.slice(0, length);
}
