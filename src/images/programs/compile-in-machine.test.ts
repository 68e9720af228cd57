import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { programIn } from './compile-in-machine.ts';

const program = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));
const sha256 = createHash('sha256').update(program).digest('hex');
const base64 = program.toString('base64').replaceAll(/.{76}/g, '$&\n');
const said = `[    1.0] booting\nterrarium: ${sha256}  -\n${base64}\nterrarium: end\n`;

describe('a program said on a console', () => {
  it('is taken when it arrived whole', () => {
    expect(Buffer.from(programIn(said)).equals(program)).toBe(true);
  });

  it.each([
    ['cut off', said.slice(0, -40)],
    ['with a letter that is another', said.replace(base64, `B${base64.slice(1)}`)],
    [
      'with a message of the kernel in it',
      said.replace('\n', '\nsay').replace(base64, `${base64.slice(0, 76)}\n[ 2.0] oops\n`),
    ],
    ['not compiled', 'link.c:3: error: what is this\nterrarium: failed\n'],
    ['nothing', ''],
  ])('is refused when it is %s', (_how, text) => {
    expect(() => programIn(text)).toThrow('did not compile');
  });
});
