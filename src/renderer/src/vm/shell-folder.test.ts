import { describe, expect, it } from 'vitest';
import type { MachineClient } from '../../../machine/client.ts';
import type { ExecRequest, ExecResult } from '../../../machine/guest-api.ts';
import { FailureError } from '../../../shared/result.ts';
import { folderOf, loginIn } from './shell-folder.ts';

const asked: ExecRequest[] = [];

function guest(printed: string, result: ExecResult = { kind: 'exited', code: 0 }): Pick<MachineClient, 'exec'> {
  return {
    exec: (request: ExecRequest) => {
      asked.push(request);
      return Promise.resolve({
        stdin: new WritableStream<Uint8Array>(),
        stdout: new ReadableStream<Uint8Array>({
          start: (controller) => {
            controller.enqueue(new TextEncoder().encode(printed));
            controller.close();
          },
        }),
        stderr: new ReadableStream<Uint8Array>(),
        result: Promise.resolve(result),
        kill: () => undefined,
        resize: () => undefined,
      });
    },
  };
}

describe('the folder of a terminal', () => {
  it('is asked for by the device of a console, and by the variable of a shell', async () => {
    expect(await folderOf(guest('/srv/a b\n'), 1)).toBe('/srv/a b');
    expect(asked.at(-1)?.argv.slice(-3, -1)).toEqual(['58625', 'TERRARIUM_TERMINAL=1']);
    expect(await folderOf(guest('/tmp\n'), 'shell-3')).toBe('/tmp');
    expect(asked.at(-1)?.argv.slice(-3, -1)).toEqual(['0', 'TERRARIUM_TERMINAL=shell-3']);
  });

  it('is unknown for the boot log, a shell that has ended, and words of a guest that are no folder', async () => {
    expect(await folderOf(guest('/tmp\n'), 'boot')).toBeNull();
    expect(await folderOf(guest('', { kind: 'exited', code: 1 }), 0)).toBeNull();
    expect(await folderOf(guest('--help\n'), 0)).toBeNull();
    expect(await folderOf(guest(`/${'a'.repeat(9000)}`), 0)).toBeNull();
  });

  it('is unknown when the guest does not answer', async () => {
    const exec = (): Promise<never> => Promise.reject(new FailureError('guest-unresponsive', 'No answer.'));
    expect(await folderOf({ exec }, 0)).toBeNull();
  });

  it('is given to the login as an argument, never as a piece of its script', () => {
    expect(loginIn('/a;b $(c)').at(-1)).toBe('/a;b $(c)');
    expect(loginIn('/a;b $(c)').slice(0, -1).join(' ')).not.toContain('$(c)');
  });
});
