import type { JobAnswer, JobRequest, JobTable, ProcessUsage } from './protocol.ts';

type Handlers<Table> = {
  [Name in keyof Table]: Table[Name] extends { args: infer Args; value: infer Value }
    ? (args: Args) => Promise<Value> | Value
    : never;
};

/** Carries out the jobs that the parent sends, and ends with it. */
export function serveJobs<Table extends { [Name in keyof Table]: JobTable[string] }>(handlers: Handlers<Table>): void {
  const byName = new Map<string, (args: object) => unknown>(Object.entries(handlers));
  const carryOut = async ({ name, args }: JobRequest): Promise<unknown> => {
    const handler = byName.get(name);
    if (!handler) throw new Error(`There is no job “${name}”.`);
    return await handler(args);
  };
  const answer = (message: JobAnswer): void => {
    process.send?.(message);
  };
  process.on('message', (message) => {
    carryOut(message as JobRequest).then(
      (value) => answer({ t: 'done', value }),
      (cause: unknown) =>
        answer({ t: 'failed', message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

/** What this process has used so far. */
export function processUsage(): ProcessUsage {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, rssMib: process.memoryUsage.rss() / 2 ** 20 };
}
