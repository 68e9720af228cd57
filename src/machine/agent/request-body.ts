import { FailureError } from '../../shared/result.ts';
import type { ExecRequest } from '../guest-api.ts';

/** Calls of the agent, by number (enum call in resources/guest/agent/agent.h). */
export const CALL = {
  ping: 0,
  sync: 1,
  dropCaches: 2,
  terminalSize: 3,
  network: 4,
  renew: 5,
  clock: 6,
  powerOff: 7,
  stat: 8,
  list: 9,
  makeFolder: 10,
  remove: 11,
  rename: 12,
  publish: 13,
  flush: 14,
} as const;

/** As long as the agent takes; Linux allows little more for arguments and environment. */
export const BODY_MAX_BYTES = 262_144;
const WORDS_MAX = 8192;
const HAS_TERMINAL = 1;
const HAS_INPUT = 2;

/** A call's body: its number, then words of 32 bits, then texts that each end with a zero. */
export function callBody(call: number, words: readonly number[] = [], texts: readonly string[] = []): Uint8Array {
  const encoded = encodeTexts(texts);
  const body = new Uint8Array(4 + 4 * words.length + encoded.byteLength);
  const view = new DataView(body.buffer);
  [call, ...words].forEach((word, index) => view.setUint32(4 * index, word, true));
  body.set(encoded, 4 + 4 * words.length);
  return body;
}

/** The body of a network call: six bytes behind its number. */
export function networkBody(macNumbers: readonly number[]): Uint8Array {
  return Uint8Array.of(CALL.network, 0, 0, 0, ...macNumbers);
}

/** @throws FailureError `bad-input` for what Linux cannot take */
export function execBody(request: ExecRequest): Uint8Array {
  const { argv, env = {}, cwd = '', user = '', terminal, hasStdin = false } = request;
  const variables = Object.entries(env);
  if (argv.length === 0 || argv[0] === '') throw new FailureError('bad-input', 'There is no command to run.');
  if (argv.length > WORDS_MAX || variables.length > WORDS_MAX) throw tooLong();
  for (const [name] of variables) {
    if (name === '' || name.includes('=')) {
      throw new FailureError('bad-input', `“${name}” cannot be the name of an environment variable.`);
    }
  }
  const texts = encodeTexts([user, cwd, ...argv, ...variables.map(([name, value]) => `${name}=${value}`)]);
  const body = new Uint8Array(10 + texts.byteLength);
  if (body.byteLength > BODY_MAX_BYTES) throw tooLong();
  const view = new DataView(body.buffer);
  body[0] = (terminal ? HAS_TERMINAL : 0) | (hasStdin ? HAS_INPUT : 0);
  view.setUint16(2, terminal?.rows ?? 0, true);
  view.setUint16(4, terminal?.columns ?? 0, true);
  view.setUint16(6, argv.length, true);
  view.setUint16(8, variables.length, true);
  body.set(texts, 10);
  return body;
}

function encodeTexts(texts: readonly string[]): Uint8Array {
  if (texts.some((text) => text.includes('\0'))) {
    throw new FailureError('bad-input', 'Linux ends paths, arguments and variables at a NUL character: leave it out.');
  }
  return new TextEncoder().encode(texts.map((text) => `${text}\0`).join(''));
}

function tooLong(): FailureError {
  return new FailureError(
    'limit',
    `The command with its arguments and environment is longer than the ${BODY_MAX_BYTES / 1024} KiB a VM takes. Put it into a file and copy that in.`,
  );
}
