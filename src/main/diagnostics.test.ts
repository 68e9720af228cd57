import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { LibrarySnapshot } from '../shared/ipc/contract.ts';
import { DEFAULT_SETTINGS } from '../shared/model/settings.ts';
import { diagnosticsReport, namesIn, packReport, type DiagnosticsSources } from './diagnostics.ts';
import type { LogLine } from './log-ring.ts';

const SECRETS = [
  'payroll-server',
  'before the merger',
  'wedding',
  'secret-lan',
  'intranet.example.org',
  'forgotten-vm',
  'alice',
  'alices-laptop',
  '/home/alice',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  '192.168.17.4',
  'Monaspace Alice',
];

const LIBRARY = {
  vms: [
    {
      id: 'payroll-server-x1',
      name: 'payroll-server',
      memoryMib: 128,
      head: 'abc',
      parent: null,
      checkpoints: { everyMinutes: 15, keep: 10 },
      network: {
        profile: 'internet',
        rules: [{ action: 'deny', domain: 'intranet.example.org' }],
        forwards: [],
        hostPorts: 'all',
        lan: 'secret-lan',
      },
    },
  ],
  snapshots: [
    {
      id: 'snap-1',
      name: 'before the merger',
      vmName: 'payroll-server',
      tags: ['wedding'],
      note: 'ask alice',
      madeBy: 'person',
      damage: 'Snapshot “before the merger” is damaged on disk.',
      sizeBytes: 5,
    },
  ],
  images: [{ id: 'tiny-1', name: 'tiny', recipe: 'tiny', memoryMib: 64 }],
  problems: ['The VM “payroll-server” could not be read from /home/alice/.local/share/Terrarium/vms/x.json.'],
} as unknown as LibrarySnapshot;

const line = (text: string): LogLine => ({ at: '2026-01-01T00:00:00.000Z', level: 'error', text });

const SOURCES: DiagnosticsSources = {
  nowMs: Date.UTC(2026, 0, 1),
  info: {
    version: '0.1.0',
    electron: '33.2.1',
    chromium: '130.0.0.1',
    node: '20.18.1',
    v86: '0.5.462',
    platform: 'linux',
    hostCores: 2,
    hostMemoryMib: 16_000,
  },
  system: { release: '6.1.0-alice', displays: [{ width: 1400, height: 900 }] },
  settings: { ...DEFAULT_SETTINGS, terminalFontFamily: 'Monaspace Alice' },
  library: LIBRARY,
  usage: { storedBytes: 9, statesBytes: 20, unneededBytes: 1, snapshots: [] },
  runningCount: 1,
  relay: { phase: 'running', restarts: 0 },
  log: [
    line('payroll-server stopped working: RangeError at file:///opt/terrarium/out/main/index.js:1:2'),
    line('forgotten-vm and its claims at /home/alice/.local/share/Terrarium could not be given up'),
    line(
      'GET https://alice:hunter2@intranet.example.org/?key=ghp_16C7e42F292c6912E7710c838347Ae178B4a from 192.168.17.4',
    ),
  ],
  secrets: {
    names: [...namesIn(LIBRARY), 'forgotten-vm', 'alice', 'alices-laptop'],
    folders: ['/home/alice/.local/share/Terrarium', '/home/alice'],
    appFolder: '/opt/terrarium',
  },
};

describe('a diagnostics report', () => {
  it('holds none of the secrets that were planted', async () => {
    const text = gunzipSync(await packReport(diagnosticsReport(SOURCES))).toString('utf8');
    for (const secret of SECRETS) expect(text.toLowerCase(), secret).not.toContain(secret.toLowerCase());
    expect(text).not.toContain('hunter2');
  });

  it('says what helps', () => {
    expect(diagnosticsReport(SOURCES)).toMatchObject({
      format: 'terrarium-diagnostics',
      version: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      versions: { electron: '33.2.1', chromium: '130.0.0.1' },
      settings: { scrollbackLines: 10_000 },
      library: {
        vms: [{ memoryMib: 128, hasHead: true, rules: 1, isOnLan: true }],
        snapshots: { count: 1, damaged: 1, byPerson: 1 },
        storedBytes: 9,
      },
      runningVms: 1,
      log: [
        { text: '<name> stopped working: RangeError at <app>/out/main/index.js:1:2' },
        { text: '<name> and its claims at <path> could not be given up' },
        {},
      ],
    });
  });
});
