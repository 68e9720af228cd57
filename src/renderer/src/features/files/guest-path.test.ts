import { describe, expect, it } from 'vitest';
import { guestPathTrail, joinGuestPath, parentGuestPath } from './guest-path.ts';

describe('guest paths', () => {
  it('go down from the root and from a folder', () => {
    expect(joinGuestPath('/', 'etc')).toBe('/etc');
    expect(joinGuestPath('/etc', 'hosts')).toBe('/etc/hosts');
  });

  it('go up, and stay at the root', () => {
    expect(parentGuestPath('/etc/apt')).toBe('/etc');
    expect(parentGuestPath('/etc')).toBe('/');
    expect(parentGuestPath('/')).toBe('/');
  });

  it('leave a trail', () => {
    expect(guestPathTrail('/').map((step) => step.path)).toEqual(['/']);
    expect(guestPathTrail('/usr/share')).toEqual([
      { name: '/', path: '/' },
      { name: 'usr', path: '/usr' },
      { name: 'share', path: '/usr/share' },
    ]);
  });
});
