import { describe, expect, it } from 'vitest';
import { isInside, redirectFault } from './redirect.ts';

const url = (text: string): URL => new URL(text);

describe('redirects of a mirror', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.0.1/',
    'http://169.254.169.254/',
    'http://[::1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://localhost./',
  ])('%s is inside', (text) => {
    expect(isInside(url(text))).toBe(true);
    expect(redirectFault(url('http://mirror.example/'), url(text))).toMatch(/its own network/);
    expect(redirectFault(url('http://192.168.7.7/'), url(text))).toBeNull();
  });

  it.each(['http://172.32.0.1/', 'http://mirror.example/', 'http://[2001:db8::1]/', 'http://11.0.0.1/'])(
    '%s is outside',
    (text) => {
      expect(isInside(url(text))).toBe(false);
      expect(redirectFault(url('http://mirror.example/'), url(text))).toBeNull();
    },
  );

  it('loses no encryption and stays in the web', () => {
    expect(redirectFault(url('https://a.example/'), url('http://b.example/'))).toMatch(/without encryption/);
    expect(redirectFault(url('http://a.example/'), url('file:///etc/passwd'))).toMatch(/not of the web/);
  });
});
