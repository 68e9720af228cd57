import { describe, expect, test } from 'vitest';
import { COMMAND_IDS } from '../model/commands.ts';
import { en } from './en/index.ts';
import { zh } from './zh/index.ts';
import { languageOf, translator, type TextKey } from './translator.ts';

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\{\w+\}\}/gu))].toSorted();

describe('the catalogue', () => {
  test('has a text for every key in both languages, with the same values in it', () => {
    const chinese: Readonly<Record<string, string>> = zh;
    for (const [key, text] of Object.entries(en as Readonly<Record<string, string>>)) {
      expect(text.trim(), key).not.toBe('');
      if (key.endsWith('_one')) continue;
      expect(chinese[key]?.trim(), key).toBeTruthy();
      expect(placeholders(chinese[key] ?? ''), key).toEqual(placeholders(text));
    }
  });

  test('names every command', () => {
    const keys = Object.keys(en);
    expect(COMMAND_IDS.filter((id) => !keys.includes(`command.${id}`))).toEqual([]);
  });

  test('gives texts by key, whatever is in the key', () => {
    expect(translator('en')('command.vm.new')).toBe('New VM…');
    expect(translator('zh')('command.vm.new')).toBe('新建虚拟机…');
    expect(translator('en')('no.such:key' as TextKey)).toBe('no.such:key');
  });

  test('takes the nearest language to the system’s', () => {
    expect(['zh-CN', 'zh', 'ZH-TW', 'en-US', 'de', ''].map(languageOf)).toEqual(['zh', 'zh', 'zh', 'en', 'en', 'en']);
  });
});
