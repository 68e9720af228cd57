import { readdir, readFile, readlink } from 'node:fs/promises';
import type { CDPSession } from '@playwright/test';
import type { AppHoldings } from '../../bench/day/report.ts';
import type { TerrariumApp } from '../pages/terrarium-app.ts';

const MIB = 1024 * 1024;

type Holdings = Omit<AppHoldings, keyof HeapSizes>;
type HeapSizes = Pick<AppHoldings, 'pageHeapMib' | 'pageCodeMib'>;

/** What the app holds on to, once the garbage of its page and of main is collected. */
export async function appHoldings(app: TerrariumApp): Promise<Holdings> {
  const page = await app.page.context().newCDPSession(app.page);
  try {
    const main = await mainHeap(app);
    const { JSEventListeners, Nodes } = await pageMetrics(page);
    const metrics = await app.electron.evaluate(({ app: electronApp }) =>
      electronApp.getAppMetrics().map(({ type, memory }) => ({ type, mib: memory.workingSetSize / 1024 })),
    );
    const mibOf = (wanted: string): number =>
      metrics.filter(({ type }) => type === wanted).reduce((sum, { mib }) => sum + mib, 0);
    const handles = await openHandles(await app.electron.evaluate(() => process.pid));
    return {
      pageListeners: JSEventListeners ?? Number.NaN,
      pageNodes: Nodes ?? Number.NaN,
      pageWorkers: app.page.workers().length,
      mainHeapMib: main.heapBytes / MIB,
      mainCodeMib: main.codeBytes / MIB,
      pageMib: mibOf('Tab'),
      mainMib: mibOf('Browser'),
      processes: metrics.length,
      fileHandles: handles.filter((target) => !target.startsWith('socket:')).length,
      sockets: handles.filter((target) => target.startsWith('socket:')).length,
    };
  } finally {
    await page.detach();
  }
}

async function pageMetrics(page: CDPSession): Promise<Readonly<Record<string, number>>> {
  await collectGarbage(page);
  await page.send('Performance.enable');
  const { metrics } = await page.send('Performance.getMetrics');
  await page.send('Performance.disable');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function collectGarbage(page: CDPSession): Promise<void> {
  // What one collection frees may have held what the next one finds.
  for (let pass = 0; pass < 3; pass += 1) await page.send('HeapProfiler.collectGarbage');
}

/**
 * What the page's heap holds. Compiled code is told apart: V8 makes more of it the longer the same functions are run, up to
 * what their source allows. Looking leaves some 80 MiB with the process.
 */
export async function pageHeap(app: TerrariumApp): Promise<HeapSizes> {
  const page = await app.page.context().newCDPSession(app.page);
  await collectGarbage(page);
  const chunks: string[] = [];
  page.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
  await page.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await page.detach();
  const { snapshot, nodes } = JSON.parse(chunks.join('')) as HeapSnapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const codeType = types[0].indexOf('code');
  const sizeAt = fields.indexOf('self_size');
  let heapBytes = 0;
  let codeBytes = 0;
  for (let node = 0; node < nodes.length; node += fields.length) {
    const sizeBytes = nodes[node + sizeAt] ?? Number.NaN;
    if (nodes[node] === codeType) codeBytes += sizeBytes;
    else heapBytes += sizeBytes;
  }
  return { pageHeapMib: heapBytes / MIB, pageCodeMib: codeBytes / MIB };
}

/** Of what Chromium's DevTools write. A node is so many numbers as there are fields; its type is the first. */
interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] };
  };
  readonly nodes: readonly number[];
}

/** Compiled code is told apart here too. */
function mainHeap(app: TerrariumApp): Promise<{ heapBytes: number; codeBytes: number }> {
  return app.electron.evaluate(async () => {
    const { Session } = process.getBuiltinModule('node:inspector/promises');
    const session = new Session();
    session.connect();
    for (let pass = 0; pass < 3; pass += 1) await session.post('HeapProfiler.collectGarbage');
    session.disconnect();
    const code = process.getBuiltinModule('node:v8').getHeapCodeStatistics();
    const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
    return { heapBytes: process.memoryUsage().heapUsed - codeBytes, codeBytes };
  });
}

/** What the handles of main and of all processes below it lead to. Of Linux alone; elsewhere there are none to read. */
async function openHandles(mainPid: number): Promise<readonly string[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc').catch(() => [])) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const parent = /\) . (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid === mainPid || (pid !== undefined && pid > 1 && isBelow(parents.get(pid)));
  const targets: string[] = [];
  for (const pid of [...parents.keys()].filter(isBelow)) {
    for (const handle of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      targets.push(await readlink(`/proc/${pid}/fd/${handle}`).catch(() => ''));
    }
  }
  return targets;
}
