import { describe, expect, it } from 'vitest';
import { Output } from './output.ts';

function outputTo({
  isJson = false,
  isTTY = false,
  env = {},
}: {
  isJson?: boolean;
  isTTY?: boolean;
  env?: NodeJS.ProcessEnv;
}) {
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns: 40,
    write: (text: unknown) => {
      said[name] += String(text);
      return true;
    },
  });
  return { output: new Output(isJson, stream('stdout'), stream('stderr'), env), said };
}

const COLUMNS = [{ title: 'NAME' }] as const;
const STEP = { step: 'Reading', detail: '', fraction: 0.5, remainingMs: null };

describe('what a command says', () => {
  it('is text without JSON, and results apart from everything else', () => {
    const { output, said } = outputTo({});
    output.line('done');
    output.table(COLUMNS, [['a']]);
    output.json({ left: 'out' });
    output.complain('It failed.\nTry again.');
    expect(said).toEqual({ stdout: 'done\nNAME\na\n', stderr: 'terrarium: It failed.\nTry again.\n' });
  });

  it('is one JSON document where that was asked for', () => {
    const { output, said } = outputTo({ isJson: true });
    output.line('left out');
    output.marked('ok ', 'left out');
    output.table(COLUMNS, [['left out']]);
    expect(output.lacksDocument).toBe(true);
    output.json({ name: 'a\u009b' });
    expect(output.lacksDocument).toBe(false);
    output.json('a second one');
    expect(said).toEqual({ stdout: '{"name":"a\\u009b"}\n', stderr: '' });
  });

  it('holds nothing that a terminal obeys, but for colours of its own', () => {
    const { output, said } = outputTo({ isTTY: true });
    output.line('a\u001b[2Jb');
    output.complain('c\u001b[2Jd');
    output.marked(output.paint('red', 'bad '), 'e\u0007');
    expect(said).toEqual({ stdout: 'a[2Jb\n\u001b[31mbad \u001b[39me\n', stderr: 'terrarium: c[2Jd\n' });
  });

  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', { NO_COLOR: '' }, true, true],
    ['a dumb terminal', { TERM: 'dumb' }, true, false],
    ['a pipe', {}, false, false],
    ['a terminal', { TERM: 'xterm' }, true, true],
  ])('with %s has colours or has not', (_what, env, isTTY, isColoured) => {
    expect(outputTo({ env, isTTY }).output.paint('bold', 'x') !== 'x').toBe(isColoured);
  });

  it('takes the progress away before it says something', () => {
    const { output, said } = outputTo({ isTTY: true });
    output.progress(STEP);
    output.complain('It failed.');
    expect(said.stderr).toBe('\r\u001b[K 50 % Reading\r\u001b[Kterrarium: It failed.\n');
  });
});
