import { describe, expect, it } from 'vitest';
import { runPlan } from './run-plan.ts';

const plan = (...args: string[]) => runPlan(args, { HERE: 'value', EMPTY: '' });
const tiny = (...options: string[]) => plan('tiny', ...options, '--', 'true');

describe('what terrarium run was asked for', () => {
  it('is a machine and a command, and nothing else unless it is said', () => {
    expect(plan('tiny', '--', 'sh', '-c', 'echo --json')).toEqual({
      from: 'tiny',
      argv: ['sh', '-c', 'echo --json'],
      memoryMib: null,
      network: 'offline',
      copiesIn: [],
      copiesOut: [],
      env: {},
      cwd: null,
      user: null,
      timeoutMs: null,
      hasTerminal: false,
      save: null,
      isJson: false,
    });
    expect(plan('tiny', 'true', 'x').argv).toEqual(['true', 'x']);
    expect(plan('tiny', '--json', '--', '--help').argv).toEqual(['--help']);
  });

  it('needs both', () => {
    expect(() => plan()).toThrow('Say which image or snapshot to run it in');
    expect(() => plan('--', 'true')).toThrow('Say which image or snapshot to run it in');
    expect(() => plan('tiny')).toThrow('Say what to run, after “--”: terrarium run tiny -- uname -a');
    expect(() => plan('tiny', '--')).toThrow('Say what to run');
    expect(() => plan('tiny', 'other', '--', 'true')).toThrow('“other” is one argument too many before “--”.');
  });

  it('copies between paths of the host and of the machine', () => {
    const { copiesIn, copiesOut } = tiny(
      '--in',
      'C:\\a:b:/root/a',
      '--in=./x:/x/',
      '--out',
      '/root/out:C:\\out',
      '--out=/a:b',
    );
    expect(copiesIn).toEqual([
      { from: 'C:\\a:b', to: '/root/a' },
      { from: './x', to: '/x/' },
    ]);
    expect(copiesOut).toEqual([
      { from: '/root/out', to: 'C:\\out' },
      { from: '/a', to: 'b' },
    ]);
    for (const wrong of ['file', 'file:relative', ':/root', ':']) {
      expect(() => tiny(`--in=${wrong}`)).toThrow(`--in takes HOST:GUEST, as in ./data:/root/data; “${wrong}”`);
    }
    for (const wrong of ['/root', 'root:/x', '/root:', ':x']) {
      expect(() => tiny(`--out=${wrong}`)).toThrow(`--out takes GUEST:HOST, as in /root/out:./out; “${wrong}”`);
    }
  });

  it('sets variables, or passes on those that are set here', () => {
    expect(tiny('--env', 'A=1', '--env=B=a=b', '--env', 'C=', '--env', 'HERE', '--env', 'EMPTY').env).toEqual({
      A: '1',
      B: 'a=b',
      C: '',
      HERE: 'value',
      EMPTY: '',
    });
    expect(() => tiny('--env', 'MISSING')).toThrow(
      '--env MISSING takes the value that MISSING has here, but it is not',
    );
    expect(() => tiny('--env', '=x')).toThrow('--env takes K=V; “=x” is not like that.');
  });

  it('takes a time in seconds', () => {
    expect(tiny('--timeout', '1').timeoutMs).toBe(1000);
    expect(tiny('--timeout', '0.25').timeoutMs).toBe(250);
    expect(tiny('--timeout', '0.0001').timeoutMs).toBe(1);
    for (const wrong of ['0', '-1', '1s', '', '1e3', 'NaN', '99999999', '.5']) {
      expect(() => tiny(`--timeout=${wrong}`)).toThrow(`--timeout takes seconds above 0, up to 2147483; “${wrong}”`);
    }
  });

  it('takes a network as shell does, and none unless it is said', () => {
    expect(tiny('--net', 'internet').network).toBe('internet');
    expect(tiny('--net', 'fetch').network).toBe('fetch');
    expect(tiny('--relay', 'ws://h:1').network).toEqual({ relayUrl: 'ws://h:1/' });
    expect(() => tiny('--net', 'all')).toThrow('There is no network profile “all”');
    expect(() => tiny('--net', 'internet', '--relay', 'ws://h:1')).toThrow('exclude each other');
  });

  it('keeps a snapshot under a name that one can have', () => {
    expect(tiny('--save', ' x ').save).toEqual({ name: 'x', always: false });
    expect(tiny('--save', 'x', '--save-always').save).toEqual({ name: 'x', always: true });
    expect(() => tiny('--save', 'a/b')).toThrow('A snapshot name cannot contain');
    expect(() => tiny('--save-always')).toThrow('--save-always needs --save NAME');
  });

  it('refuses what does not go together and what is no number', () => {
    expect(() => tiny('--tty', '--json')).toThrow('--tty and --json exclude each other');
    expect(() => tiny('--memory', '1.5')).toThrow('--memory takes a whole number');
  });
});
