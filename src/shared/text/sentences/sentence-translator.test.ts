import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentenceTranslator } from './sentence-translator.ts';
import { sentences } from './zh/index.ts';

const translator = new SentenceTranslator({
  'Nothing was changed.': '未作任何更改。',
  'There is no file “{file}”.': '没有文件“{file}”。',
  '“{file}” could not be read: {why}': '无法读取“{file}”：{why}',
  '{what}: {why}': '{what}：{why}',
  'The disk is full. ': '磁盘已满。',
  'it is a folder': '它是文件夹',
  '“{name}” and “{name}” are the same.': '“{name}”与“{name}”相同。',
  '{a} comes after {b}.': '{b} 之后是 {a}。',
});

describe('SentenceTranslator', () => {
  it.each([
    ['Nothing was changed.', '未作任何更改。'],
    ['There is no file “a b.txt”.', '没有文件“a b.txt”。'],
    ['There is no file “x”. Nothing was changed.', '没有文件“x”。未作任何更改。'],
    ['The disk is full. Nothing was changed.', '磁盘已满。未作任何更改。'],
    ['“x” could not be read: it is a folder', '无法读取“x”：它是文件夹'],
    ['“x” could not be read: no such thing', '无法读取“x”：no such thing'],
    ['“a” and “b” are the same.', '“a”与“b”相同。'],
    ['one comes after two.', 'two 之后是 one。'],
    ['attic: Nothing was changed.', 'attic：未作任何更改。'],
  ])('says %j as %j', (english, chinese) => {
    expect(translator.translate(english)).toBe(chinese);
  });

  it('leaves what it does not know, and what a tool printed', () => {
    expect(translator.translate('Something else: happened.')).toBe('Something else: happened.');
    expect(translator.translate('Nothing was changed. Who knows.')).toBe('未作任何更改。 Who knows.');
    expect(translator.translate('Nothing was changed.\nNothing was changed.')).toBe(
      '未作任何更改。\nNothing was changed.',
    );
    expect(translator.translate('')).toBe('');
  });

  it('says a failure of the library whole', () => {
    const chinese = new SentenceTranslator(sentences);
    expect(
      chinese.translate(
        'The change was not saved: the disk is full. Everything saved before is untouched. Delete snapshots or free some space, then try again.',
      ),
    ).toBe('未保存更改：磁盘已满。之前保存的内容均不受影响。请删除快照或腾出一些空间后重试。');
    expect(chinese.translate('A VM needs a name.')).toBe('虚拟机需要名称。');
    expect(chinese.translate('There is a VM called “day 1” already. Choose another name.')).toBe(
      '已有名为“day 1”的虚拟机。请另选一个名称。',
    );
  });

  it('keeps names as they are, whatever they are, and ends', () => {
    const chinese = new SentenceTranslator(sentences);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('“', '”', ':', ' ', '.', 'a', '{', '}', 'The', '\n'), maxLength: 60 }),
        (name) => {
          expect(translator.translate(`There is no file “_${name}_”.`)).toContain(`_${name}_`);
          chinese.translate(name.repeat(40));
        },
      ),
    );
  });

  it('gives up on a message that fits everywhere', () => {
    const chinese = new SentenceTranslator(sentences);
    for (const message of ['a: b: c “d” e. '.repeat(270), `${'a: '.repeat(500)}. B`, 'x'.repeat(5000)]) {
      expect(chinese.translate(message)).toContain(message.slice(0, 1));
    }
  });
});
