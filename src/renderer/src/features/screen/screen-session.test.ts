import { describe, expect, it } from 'vitest';
import type { MachineClient, ScreenViewer } from '../../../../machine/client.ts';
import type { ScreenFrame, ScreenInput } from '../../../../machine/screen-frame.ts';
import { FailureError } from '../../../../shared/result.ts';
import { ScreenSession } from './screen-session.svelte.ts';

const FRAME: ScreenFrame = { kind: 'unshown', why: 'too-large', width: 2560, height: 1600 };

function machine(failure: Error | null = null) {
  const asked: string[] = [];
  let viewer: ScreenViewer | null = null;
  const client = {
    attachScreen: (given: ScreenViewer) => {
      asked.push('attach');
      viewer = given;
      return failure === null ? Promise.resolve() : Promise.reject(failure);
    },
    detachScreen: () => void asked.push('detach'),
    screenInput: ({ kind }: ScreenInput) => void asked.push(kind),
  } as unknown as MachineClient;
  return { client, asked, shows: (frame: ScreenFrame, drawn: () => void) => viewer?.show(frame, drawn) };
}

const now = (run: () => void): void => run();

describe('the screen of a VM', () => {
  it('is asked for only while somebody looks', () => {
    const session = new ScreenSession(now);
    const { client, asked } = machine();
    session.connect(client);
    expect(asked).toEqual([]);
    const hide = session.show();
    const hideOther = session.show();
    hide();
    hide();
    expect(asked).toEqual(['attach']);
    hideOther();
    expect(asked).toEqual(['attach', 'detach']);
  });

  it('shows the next machine, too, and nothing of the one before', () => {
    const session = new ScreenSession(now);
    session.show();
    const [first, second] = [machine(), machine()];
    session.connect(first.client);
    let drawn = 0;
    first.shows(FRAME, () => (drawn += 1));
    expect([session.frame, drawn]).toEqual([FRAME, 1]);
    session.disconnect();
    expect(session.frame).toBeNull();
    session.connect(second.client);
    first.shows(FRAME, () => undefined);
    expect([second.asked, session.frame]).toEqual([['attach'], null]);
  });

  it('waits with the next frame until this one was drawn', () => {
    const waiting: (() => void)[] = [];
    const session = new ScreenSession((run) => void waiting.push(run));
    const { client, shows } = machine();
    session.connect(client);
    session.show();
    let drawn = 0;
    shows(FRAME, () => (drawn += 1));
    expect(drawn).toBe(0);
    waiting[0]?.();
    expect(drawn).toBe(1);
  });

  it('passes keys on only while it is shown', () => {
    const session = new ScreenSession(now);
    const { client, asked } = machine();
    session.connect(client);
    session.input({ kind: 'keys', codes: Uint8Array.of(1) });
    session.show();
    session.input({ kind: 'keys', codes: Uint8Array.of(1) });
    expect(asked).toEqual(['attach', 'keys']);
  });

  it('says why nothing comes', async () => {
    const session = new ScreenSession(now);
    session.connect(machine(new FailureError('io', 'The machine has not been started.')).client);
    session.show();
    await Promise.resolve();
    await Promise.resolve();
    expect(session.failure).toBe('The machine has not been started.');
  });
});
