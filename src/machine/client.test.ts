import { describe, expect, it } from 'vitest';
import { MachineClient, type ConsoleViewer, type MachineEndpoint } from './client.ts';
import type { FromWorker, MachineEvent, ToWorker } from './protocol.ts';

/** The worker's side, played by the test. */
class Stage implements MachineEndpoint {
  readonly posted: ToWorker[] = [];
  terminated = 0;
  say: (message: FromWorker) => void = () => undefined;
  fail: (message: string) => void = () => undefined;
  post(message: ToWorker): void {
    this.posted.push(message);
  }
  onMessage(listener: (message: FromWorker) => void): void {
    this.say = listener;
  }
  onFailure(listener: (message: string) => void): void {
    this.fail = listener;
  }
  terminate(): void {
    this.terminated += 1;
  }
  acked(): number {
    return this.posted.reduce((sum, message) => (message.t === 'ack' ? sum + message.bytes : sum), 0);
  }
  /** The id of the newest request of that name. */
  requestId(name: string): number {
    const request = this.posted.findLast((message) => message.t === 'request' && message.name === name);
    if (request?.t !== 'request') throw new Error(`no request ${name}`);
    return request.id;
  }
}

function screen(): ConsoleViewer & { text: () => string; draw: () => void } {
  const shown: Uint8Array[] = [];
  const undrawn: (() => void)[] = [];
  return {
    write: (bytes, drawn) => {
      shown.push(bytes);
      undrawn.push(drawn);
    },
    text: () => Buffer.concat(shown).toString(),
    draw: () => undrawn.splice(0).forEach((drawn) => drawn()),
  };
}

describe('MachineClient', () => {
  it('gives each request its own answer', async () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    const first = client.request('pause', null);
    const second = client.request('readFile', { guestPath: '/x', maxBytes: 5 });
    const [one, two] = stage.posted as { id: number }[];
    stage.say({ t: 'refuse', id: two!.id, code: 'not-found', message: 'There is no /x in the VM.' });
    stage.say({ t: 'reply', id: one!.id, value: null });
    stage.say({ t: 'reply', id: 99, value: 'nobody asked' });
    expect(await first).toBeNull();
    await expect(second).rejects.toMatchObject({ code: 'not-found', message: 'There is no /x in the VM.' });
  });

  it('rejects what is open and what comes later when the worker dies, and says so once', async () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    const events: MachineEvent[] = [];
    client.onEvent((event) => events.push(event));
    const open = client.request('pause', null);
    stage.fail('The machine has ended.');
    stage.fail('The machine has ended.');
    await expect(open).rejects.toMatchObject({ code: 'io', message: 'The machine has ended.' });
    await expect(client.request('resume', null)).rejects.toMatchObject({ code: 'io' });
    expect(events).toEqual([{ kind: 'crashed', message: 'The machine has ended.' }]);
  });

  it('posts nothing to a machine that is gone', () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    client.dispose();
    client.input(0, Uint8Array.of(1));
    client.resize(0, 80, 25);
    client.detach(0);
    expect(stage).toMatchObject({ posted: [], terminated: 1 });
  });

  it('draws history first, then output, and acknowledges each byte when it is drawn', async () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    const viewer = screen();
    const attaching = client.attach(0, viewer);
    stage.say({ t: 'reply', id: stage.requestId('attach'), value: { history: Buffer.from('old ') } });
    await attaching;
    stage.say({ t: 'output', console: 0, bytes: Buffer.from('new') });
    stage.say({ t: 'output', console: 1, bytes: Buffer.from('another console') });
    expect(viewer.text()).toBe('old new');
    // Nobody looks at console 1: its bytes must not hold the machine.
    expect(stage.acked()).toBe('another console'.length);
    viewer.draw();
    expect(stage.acked()).toBe('another consoleold new'.length);
  });

  it('shows a viewer that takes another’s place every byte once', async () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    const first = screen();
    const attachingFirst = client.attach(0, first);
    stage.say({ t: 'reply', id: stage.requestId('attach'), value: { history: new Uint8Array(0) } });
    await attachingFirst;
    const second = screen();
    const attachingSecond = client.attach(0, second);
    // The worker had sent this before it heard of the second viewer, so its history has it too.
    stage.say({ t: 'output', console: 0, bytes: Buffer.from('one ') });
    stage.say({ t: 'reply', id: stage.requestId('attach'), value: { history: Buffer.from('one ') } });
    await attachingSecond;
    stage.say({ t: 'output', console: 0, bytes: Buffer.from('two') });
    expect(second.text()).toBe('one two');
  });

  it('stops drawing for a viewer that left', async () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    const viewer = screen();
    const attaching = client.attach(0, viewer);
    stage.say({ t: 'reply', id: stage.requestId('attach'), value: { history: new Uint8Array(0) } });
    await attaching;
    client.detach(0);
    stage.say({ t: 'reply', id: stage.requestId('detach'), value: null });
    stage.say({ t: 'output', console: 0, bytes: Buffer.from('late') });
    expect(viewer.text()).toBe('');
    expect(stage.acked()).toBe(4);
  });

  it('stops telling a listener that left', () => {
    const stage = new Stage();
    const client = new MachineClient(stage);
    const heard: MachineEvent[] = [];
    const stop = client.onEvent((event) => heard.push(event));
    stage.say({ t: 'event', event: { kind: 'load', busyFraction: 0.5 } });
    stop();
    stage.say({ t: 'event', event: { kind: 'load', busyFraction: 0.6 } });
    expect(heard).toEqual([{ kind: 'load', busyFraction: 0.5 }]);
  });
});
