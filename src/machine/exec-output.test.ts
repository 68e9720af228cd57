import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from './exec.fixture.ts';
import { ExecOutput } from './exec-output.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function output(): { output: ExecOutput; readBytes: () => number } {
  let read = 0;
  return { output: new ExecOutput((count) => (read += count)), readBytes: () => read };
}

describe('an output of a program', () => {
  it('says that it was read when it was, and not before', async () => {
    const { output: out, readBytes } = output();
    out.push(bytes(1, 2, 3));
    await Promise.resolve();
    expect(readBytes()).toBe(0);
    const reader = out.stream.getReader();
    expect((await reader.read()).value).toEqual(bytes(1, 2, 3));
    expect(readBytes()).toBe(3);
    const next = reader.read();
    out.push(bytes(4));
    expect((await next).value).toEqual(bytes(4));
    expect(readBytes()).toBe(4);
  });

  it('still has what came before its end, and then ends', async () => {
    const { output: out, readBytes } = output();
    out.push(bytes(1));
    out.end();
    expect(await collect(out.stream)).toEqual(bytes(1));
    expect(readBytes()).toBe(1);
    const empty = output().output;
    const reading = collect(empty.stream);
    empty.end();
    expect(await reading).toEqual(bytes());
  });

  it('counts as read once nobody wants it', async () => {
    const { output: out, readBytes } = output();
    out.push(bytes(1, 2));
    await out.stream.cancel();
    expect(readBytes()).toBe(2);
    out.push(bytes(3));
    expect(readBytes()).toBe(3);
    out.end();
    out.fail(new Error('too late to matter'));
  });

  it('fails for who reads it and who will, but not after its end', async () => {
    const { output: out } = output();
    const reader = out.stream.getReader();
    const waiting = expect(reader.read()).rejects.toThrow('gone');
    out.fail(new Error('gone'));
    await waiting;
    await expect(reader.read()).rejects.toThrow('gone');
    const ended = output().output;
    ended.end();
    ended.fail(new Error('gone'));
    expect(await collect(ended.stream)).toEqual(bytes());
  });

  it('brings every byte once and in order, however they come and are read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 5 }), fc.constant('read'), fc.constant(new Uint8Array(3000)))),
        async (steps) => {
          const { output: out, readBytes } = output();
          const reader = out.stream.getReader();
          const reads: Promise<ReadableStreamReadResult<Uint8Array>>[] = [];
          const sent: Uint8Array[] = [];
          for (const step of steps) {
            if (typeof step === 'string') reads.push(reader.read());
            else {
              sent.push(step.slice());
              if (step.byteLength > 0) out.push(step.slice());
            }
            await Promise.resolve();
          }
          out.end();
          const got = (await Promise.all(reads)).flatMap(({ value }) => (value ? [value] : []));
          reader.releaseLock();
          got.push(await collect(out.stream));
          const whole = Buffer.concat(sent);
          expect(Buffer.concat(got).equals(whole)).toBe(true);
          expect(readBytes()).toBe(whole.byteLength);
        },
      ),
    );
  });

  it('holds what comes byte by byte in few pieces', async () => {
    const { output: out } = output();
    for (let count = 0; count < 20_000; count += 1) out.push(bytes(count % 256));
    out.end();
    const reader = out.stream.getReader();
    let pieces = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) pieces += 1;
    expect(pieces).toBe(5);
  });
});
