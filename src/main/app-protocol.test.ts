import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APP_ORIGIN, assetPath, CONTENT_SECURITY_POLICY } from './app-protocol.ts';

const FOLDER = path.resolve('/srv/app/renderer');

describe('assetPath', () => {
  it.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    ['/assets/app-1.js', 'assets/app-1.js'],
    ['/assets/a%20b.css?v=1#x', 'assets/a b.css'],
  ])('finds %s', (request, file) => {
    expect(assetPath(`${APP_ORIGIN}${request}`, FOLDER)).toBe(path.join(FOLDER, file));
  });

  it.each([
    'terrarium://app/../secret.js',
    'terrarium://app/%2e%2e/secret.js',
    'terrarium://app/%2e%2e%2fsecret.js',
    'terrarium://app/..%5csecret.js',
    'terrarium://app/a/%2e%2e/%2e%2e/%2e%2e/etc/x.js',
    'terrarium://app/%00.js',
    'terrarium://app/%ff.js',
    'terrarium://app/settings.json',
    'terrarium://app/assets/',
    'terrarium://app/noextension',
    'terrarium://other/index.html',
    'terrarium://app.evil/index.html',
    'file:///etc/passwd.html',
    'https://app/index.html',
    'index.html',
    '',
  ])('gives nothing outside of the folder and nothing but the page’s own kinds of file: %s', (url) => {
    const file = assetPath(url, FOLDER);
    if (file !== null) expect(path.relative(FOLDER, file)).not.toMatch(/^\.\./);
    else expect(file).toBeNull();
    expect(file).not.toBe('/srv/app/secret.js');
  });

  it('never leaves the folder, whatever is asked', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '%2f',
      '%5c',
      '\\',
      '/',
      'a',
      'b.js',
      '%00',
      '%',
      '',
      '...',
      'C:',
      '?',
      '#',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part).map((parts) => parts.join('')),
          fc.array(part).map((parts) => parts.join('/')),
          fc.webPath(),
        ),
        (rest) => {
          const file = assetPath(`${APP_ORIGIN}/${rest}`, FOLDER);
          if (file !== null) expect(path.resolve(file).startsWith(FOLDER + path.sep)).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('the content security policy', () => {
  const directives = new Map(
    CONTENT_SECURITY_POLICY.split('; ').map((text) => [text.split(' ')[0], text.split(' ').slice(1)]),
  );

  it('allows nothing that is not named, and no eval or inline script', () => {
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    expect(CONTENT_SECURITY_POLICY).not.toContain("'unsafe-eval'");
  });

  it('takes pictures, and nothing else, from what the page holds itself', () => {
    expect(directives.get('img-src')).toEqual(["'self'", 'data:', 'blob:']);
    const others = [...directives].filter(([name]) => name !== 'img-src').flatMap(([, sources]) => sources);
    expect(others).not.toContain('blob:');
  });

  it('reaches no other host, frame or form', () => {
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/https?:|\*/);
    for (const name of ['frame-ancestors', 'form-action', 'base-uri']) expect(directives.get(name)).toEqual(["'none'"]);
  });
});
