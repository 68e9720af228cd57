import { describe, expect, it } from 'vitest';
import { aptStatus } from './apt-status.ts';

describe('aptStatus', () => {
  it('reads a download', () => {
    expect(aptStatus('dlstatus:1:42.5:Retrieving file 1 of 3 (3s remaining)')).toEqual({
      phase: 'download',
      fraction: 0.425,
      detail: 'file 1 of 3',
    });
  });

  it('reads an installation, with and without an architecture after the package', () => {
    const status = { phase: 'install', fraction: 0.612, detail: 'Unpacking libgtk-3-0 (amd64)' };
    expect(aptStatus('pmstatus:libgtk-3-0:61.2:Unpacking libgtk-3-0 (amd64)')).toEqual(status);
    expect(aptStatus('pmstatus:libgtk-3-0:amd64:61.2:Unpacking libgtk-3-0 (amd64)')).toEqual(status);
  });

  it.each(['', 'media-change: x', 'dlstatus:1:many:x', 'pmerror:x:1:failed'])('passes over %j', (line) => {
    expect(aptStatus(line)).toBeNull();
  });
});
