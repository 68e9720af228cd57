import { describe, expect, it } from 'vitest';
import { literalTexts } from './literal-text.ts';

const texts = (markup: string): readonly string[] => literalTexts(markup).map(({ text }) => text);

describe('literalTexts', () => {
  it.each([
    ['<p>Nothing yet</p>', ['Nothing yet']],
    ['<p>{name} is gone</p>', ['is gone']],
    ['{#if a}<b>Yes</b>{:else}<b>No</b>{/if}', ['Yes', 'No']],
    ['<button aria-label="Close it">x</button>', ['Close it']],
    ['<Button title="Delete {name}?" />', ['Delete']],
    ["<Button label={a ? 'Stop' : 'Start…'} />", ['Stop', 'Start…']],
    ["<p>{a ? 'is on' : 'is off'}</p>", ['is on', 'is off']],
    ['<p>{`${name} has failed`}</p>', ['has failed']],
    ['<p>没有快照</p>', ['没有快照']],
    ["<script>const ITEMS = [{ value: 'a', title: 'Restart' }];</script>", ['Restart']],
  ])('finds words in %s', (markup, expected) => {
    expect(texts(markup).map((text) => text.replace(/\?$/, '').trim())).toEqual(expected);
  });

  it.each([
    "<p>{t('area.key', { name })}</p>",
    '<p class="quiet note" data-testid="It is">{t(\'a.b\')}</p>',
    '<p>{size} MiB · {count}</p>',
    '<h1>Terrarium</h1>',
    '<!-- A comment for people -->',
    "<Button tone={a ? 'primary' : 'danger'} label={t(a ? 'a.b' : 'c.d')} />",
    '<script>const words = "Not in the markup";</script>',
    '<style>p { content: "Not in the markup"; }</style>',
    "{#if kind === 'Not read'}<p></p>{/if}",
    '<p>→ · … 12:30</p>',
  ])('has nothing to say about %s', (markup) => {
    expect(texts(markup)).toEqual([]);
  });

  it('says where', () => {
    expect(literalTexts('<p>\n  {t("a")}\n</p>\n<p>Here</p>\n')).toEqual([{ line: 4, text: 'Here' }]);
  });
});
