import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { SETTINGS_VERSION } from './settings-file.ts';
import { startFailure } from './start-failure.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-start-'));
});
afterEach(() => rm(folder, { recursive: true }));

const CAUSE = new FailureError('not-found', 'That file was chosen too long ago. Choose it again.');
const ENGLISH = 'Terrarium could not start';
const CHINESE = 'Terrarium 无法启动';
const stored = (language: string): string => JSON.stringify({ version: SETTINGS_VERSION, settings: { language } });

describe('the message of an app that does not start', () => {
  it('is in the language of the settings, else of the system', async () => {
    expect(startFailure(CAUSE, folder, 'en-GB').title).toBe(ENGLISH);
    expect(startFailure(CAUSE, folder, 'zh-CN').title).toBe(CHINESE);
    await writeFile(path.join(folder, 'settings.json'), stored('zh'));
    expect(startFailure(CAUSE, folder, 'en-GB')).toEqual({
      title: CHINESE,
      content: `该文件选择的时间太久。请重新选择。\n\n${folder} 中的内容未作任何更改。`,
    });
    await writeFile(path.join(folder, 'settings.json'), stored('en'));
    expect(startFailure(CAUSE, folder, 'zh-CN')).toEqual({
      title: ENGLISH,
      content: `${CAUSE.message}\n\nNothing in ${folder} was changed.`,
    });
  });

  it('leaves settings that cannot be read where they are', async () => {
    for (const text of ['{', '[]', 'null', stored('klingon')]) {
      await writeFile(path.join(folder, 'settings.json'), text);
      expect(startFailure('why', folder, 'zh-CN').title, text).toBe(CHINESE);
      expect(await readdir(folder)).toEqual(['settings.json']);
    }
  });
});
