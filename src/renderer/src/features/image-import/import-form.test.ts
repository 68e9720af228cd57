import { describe, expect, it } from 'vitest';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { ChosenFile } from '../../../../shared/ipc/contract.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import { ImageBuild } from '../image-build/image-build.svelte.ts';
import { ImportForm, nameOf } from './import-form.svelte.ts';

const FILE: ChosenFile = { token: 'a'.repeat(32), name: 'my rootfs.tar.xz', sizeBytes: 7, kind: 'file' };

/** A page whose main answers what the test says. */
function form(answers: Readonly<Record<string, Result<unknown>>>) {
  const calls: unknown[] = [];
  const bridge = {
    call: (name: string, args: unknown) => {
      calls.push([name, args]);
      return Promise.resolve(answers[name] ?? err('internal', 'no answer'));
    },
    on: () => () => undefined,
    dropFiles: () => Promise.resolve(ok([])),
  } as unknown as TerrariumBridge;
  return { form: new ImportForm({ bridge, build: new ImageBuild(bridge) }, FILE), calls };
}

describe('ImportForm', () => {
  it('calls the image as the file unless a person names it', async () => {
    const other = { ...FILE, token: 'b'.repeat(32), name: 'other.tar' };
    const { form: one } = form({ 'image.chooseFile': ok(other) });
    expect(one.name).toBe('my rootfs');
    await one.chooseOther();
    expect(one.name).toBe('other');
    one.name = 'typed';
    await one.chooseOther();
    expect(one.name).toBe('typed');
    expect(one.file).toBe(other);
  });

  it('keeps the file when the dialog was closed', async () => {
    const { form: one } = form({ 'image.chooseFile': ok(null) });
    await one.chooseOther();
    expect(one.file).toBe(FILE);
    expect(one.error).toBeNull();
  });

  it('builds with what was filled in', async () => {
    const imported = { image: { name: 'mine' }, notes: ['a note'] };
    const { form: one, calls } = form({ 'image.import': ok(imported) });
    one.name = ' mine ';
    one.kernel = 'distro';
    one.memoryText = '256';
    await one.submit();
    expect(calls).toEqual([['image.import', { token: FILE.token, name: 'mine', kernel: 'distro', memoryMib: 256 }]]);
    expect(one.done).toBe(imported);
    expect(one.isBusy).toBe(false);
  });

  it('says what is wrong at the field that it is about, and asks main for nothing', async () => {
    const { form: one, calls } = form({});
    one.name = '';
    one.memoryText = 'much';
    await one.submit();
    expect(one.nameError).not.toBeNull();
    expect(one.memoryError).not.toBeNull();
    expect(calls).toEqual([]);
  });

  it('shows why it failed, and can be tried again', async () => {
    const { form: one } = form({ 'image.import': err('damaged', 'It is cut off.') });
    await one.submit();
    expect(one.error).toBe('It is cut off.');
    expect(one.done).toBeNull();
    expect(one.isBusy).toBe(false);
  });
});

it.each([
  ['debian-12_i386.tar.xz', 'debian-12_i386'],
  ['ROOTFS.TGZ', 'ROOTFS'],
  ['image', 'image'],
  ['a.b.tar', 'a.b'],
  [`${'x'.repeat(39)}-rootfs.tar`, 'x'.repeat(39)],
])('an image of %s is called %s', (file, name) => {
  expect(nameOf(file)).toBe(name);
});
