import { describe, expect, it } from 'vitest';
import type { Forward } from '../../../../shared/model/network.ts';
import { EMPTY_FORWARD, forwardFromDraft, isSameForward } from './forward-input.ts';

const WEB: Forward = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 };

describe('forwardFromDraft', () => {
  it('listens for this computer only, unless it is shared', () => {
    const draft = { ...EMPTY_FORWARD, hostPort: ' 8080', guestPort: '80 ' };
    expect(forwardFromDraft(draft, [])).toEqual({ ok: true, value: WEB });
    expect(forwardFromDraft({ ...draft, isShared: true }, [])).toMatchObject({ value: { hostAddress: '0.0.0.0' } });
  });

  it('leads to the same port when none is named', () => {
    expect(forwardFromDraft({ ...EMPTY_FORWARD, hostPort: '53' }, [])).toMatchObject({ value: { guestPort: 53 } });
  });

  it.each(['', '0', '65536', '1.5', '-1', '8O', '1e3'])('refuses the port %j with a sentence', (hostPort) => {
    expect(forwardFromDraft({ ...EMPTY_FORWARD, hostPort }, [])).toMatchObject({
      ok: false,
      error: { code: 'bad-input' },
    });
  });

  it('refuses a port of the host that is taken, but not the same number of the other protocol', () => {
    const draft = { ...EMPTY_FORWARD, hostPort: '8080', guestPort: '81', isShared: true };
    expect(forwardFromDraft(draft, [WEB])).toMatchObject({ ok: false, error: { code: 'exists' } });
    expect(forwardFromDraft({ ...draft, protocol: 'udp' }, [WEB])).toMatchObject({ ok: true });
  });
});

describe('isSameForward', () => {
  it('compares all of it', () => {
    expect(isSameForward(WEB, { ...WEB })).toBe(true);
    expect(isSameForward(WEB, { ...WEB, guestPort: 81 })).toBe(false);
  });
});
