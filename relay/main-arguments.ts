import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { DEFAULT_NETWORK, type NetworkSettings } from '../src/shared/model/network.ts';
import { err, ok, type Result } from '../src/shared/result.ts';
import { readSettings } from './settings.ts';

export const RELAY_USAGE = `Usage: npm run relay -- [--port N] [--host ADDRESS] [--token T]... [--policy FILE]
                        [--pcap FILE] [--allow-origin ORIGIN]... [--json]

Runs a network for virtual machines and prints the address each takes as its relay_url. Nothing needs root.

  --port N             listen there; any free port unless given
  --host ADDRESS       listen on this address instead of 127.0.0.1; the traffic is not encrypted
  --token T            let in a VM with this secret; give it several times for several VMs. One VM with a
                       random secret unless given
  --policy FILE        the VMs' network settings as JSON; what is left out keeps its default:
                       ${JSON.stringify(DEFAULT_NETWORK)}
  --pcap FILE          write every frame to a file for Wireshark; further connections get FILE-2 and so on
  --allow-origin O     let web pages of this origin connect
  --json               print one JSON object instead of text, and log lines as JSON
`;

export interface RelayArguments {
  readonly port: number;
  readonly host: string;
  /** Empty for one VM with a random token. */
  readonly tokens: readonly string[];
  readonly settings: NetworkSettings;
  readonly pcapPath: string | null;
  readonly allowedOrigins: readonly string[];
  readonly isJson: boolean;
}

/** Shorter ones can be tried out. */
const TOKEN_MIN_CHARACTERS = 8;
const TOKENS_MAX = 256;

/** Reads the command line and the policy file it names. */
export async function relayArguments(args: readonly string[]): Promise<Result<RelayArguments | 'help'>> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        host: { type: 'string', default: '127.0.0.1' },
        token: { type: 'string', multiple: true, default: [] },
        policy: { type: 'string' },
        pcap: { type: 'string' },
        'allow-origin': { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    return err('bad-input', `${what}\nRun “npm run relay -- --help” for what there is.`);
  }
  if (values.help) return ok('help');
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    return err('bad-input', `“${values.port}” is not a port: give a number from 1 to 65535, or 0 for any free one.`);
  }
  if (isIP(values.host) === 0) {
    return err(
      'bad-input',
      `“${values.host}” is not an IP address of this computer. Use 127.0.0.1 unless others shall reach it.`,
    );
  }
  const short = values.token.find((token) => token.length < TOKEN_MIN_CHARACTERS);
  if (short !== undefined) return err('bad-input', `A token of at least ${TOKEN_MIN_CHARACTERS} characters is needed.`);
  if (new Set(values.token).size < values.token.length) {
    return err('bad-input', 'The same token was given twice. Every VM needs its own.');
  }
  if (values.token.length > TOKENS_MAX) return err('limit', `A relay takes at most ${TOKENS_MAX} tokens.`);
  const settings = values.policy === undefined ? ok(DEFAULT_NETWORK) : await readPolicy(values.policy);
  if (!settings.ok) return settings;
  return ok({
    port,
    host: values.host,
    tokens: values.token,
    settings: settings.value,
    pcapPath: values.pcap ?? null,
    allowedOrigins: values['allow-origin'],
    isJson: values.json,
  });
}

async function readPolicy(path: string): Promise<Result<NetworkSettings>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    return err('not-found', `The policy file ${path} cannot be read: ${what}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    return err('bad-input', `The policy file ${path} is not JSON: ${what}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err('bad-input', `The policy file ${path} holds no JSON object.`);
  }
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(DEFAULT_NETWORK, key));
  if (unknown !== undefined) {
    const known = Object.keys(DEFAULT_NETWORK).join(', ');
    return err(
      'bad-input',
      `The policy file ${path} has a setting “${unknown}”, which does not exist. There are: ${known}.`,
    );
  }
  const settings = readSettings({ ...DEFAULT_NETWORK, ...value });
  return settings.ok ? settings : err('bad-input', `The policy file ${path}: ${settings.error.message}`);
}
