import { describe, expect, it } from 'vitest';
import { FakeGuest } from './fake-guest.fixture.ts';
import { FilesModel, type FilesSurroundings } from './files-model.svelte.ts';

function modelOf(guest: FakeGuest): FilesModel {
  const around = { notices: { success: () => undefined, failure: () => undefined }, copy: () => Promise.resolve() };
  return new FilesModel(guest.session, around as unknown as FilesSurroundings);
}

describe('the folder that the panel shows', () => {
  it('is the home at first, also when it is asked for twice at once', async () => {
    const guest = new FakeGuest(['notes.txt']);
    const model = modelOf(guest);
    await Promise.all([model.show(), model.show()]);
    expect(model.folder.path).toBe('/root');
    expect(guest.asked).toEqual(['readDir /root', 'readDir /root']);
  });

  it('stays where it was, even if that is empty', async () => {
    const model = modelOf(new FakeGuest());
    await model.folder.open('/srv/empty');
    await model.show();
    expect(model.folder.path).toBe('/srv/empty');
  });
});
