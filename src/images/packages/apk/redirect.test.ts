import { describe, expect, it } from 'vitest';
import { isInside, nameIn, redirectFault, type Place } from './redirect.ts';

const at = (text: string, ...addresses: readonly string[]): Place => ({ url: new URL(text), addresses });

describe('redirects of a mirror', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.0.1/',
    'http://169.254.169.254/',
    'http://168.63.129.16/',
    'http://224.0.0.1/',
    'http://[::1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://localhost./',
  ])('%s is inside', (text) => {
    expect(isInside(at(text))).toBe(true);
    expect(redirectFault(at('http://mirror.example/'), at(text))).toMatch(/its own network/);
    expect(redirectFault(at('http://192.168.7.7/'), at(text))).toBeNull();
  });

  it.each(['http://172.32.0.1/', 'http://mirror.example/', 'http://[2001:db8::1]/', 'http://11.0.0.1/'])(
    '%s is outside',
    (text) => {
      expect(isInside(at(text))).toBe(false);
      expect(redirectFault(at('http://mirror.example/'), at(text))).toBeNull();
    },
  );

  it('goes by what a name stands for, of the mirror as well', () => {
    const home = at('http://router.example/', '203.0.113.9', '192.168.0.1');
    expect(isInside(home)).toBe(true);
    expect(redirectFault(at('http://mirror.example/', '203.0.113.7'), home)).toMatch(/its own network/);
    expect(redirectFault(at('http://mirror.lan/', 'fd00::7'), home)).toBeNull();
    expect(nameIn(new URL('http://Mirror.Example./x'))).toBe('mirror.example');
    expect([nameIn(new URL('http://[::1]/')), nameIn(new URL('http://127.1/'))]).toEqual([null, null]);
  });

  it('loses no encryption and stays in the web', () => {
    expect(redirectFault(at('https://a.example/'), at('http://b.example/'))).toMatch(/without encryption/);
    expect(redirectFault(at('http://a.example/'), at('file:///etc/passwd'))).toMatch(/not of the web/);
  });
});
