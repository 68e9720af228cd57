import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, SETTING_NAMES, settingsPatch } from '../../../../shared/model/settings.ts';
import { en } from '../../../../shared/text/en/index.ts';
import { SETTING_GROUPS, SETTING_ROWS, SETTINGS_WITHOUT_ROW, SHOWN_SETTINGS } from './settings-table.ts';

const texts: Readonly<Record<string, string>> = en;
const takes = (name: string, value: unknown): boolean => v.safeParse(settingsPatch, { [name]: value }).success;

describe('the settings page', () => {
  it('has every setting once', () => {
    const names = [...SETTING_ROWS.map(({ name }) => name), ...SETTINGS_WITHOUT_ROW];
    expect(names.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it('says what each is and does', () => {
    for (const name of SHOWN_SETTINGS) {
      expect(texts[`settings.${name}`], name).toBeTruthy();
      expect(texts[`settings.${name}.about`], name).toBeTruthy();
    }
    for (const group of Object.keys(SETTING_GROUPS)) expect(texts[`settings.group.${group}`], group).toBeTruthy();
  });

  it.each(SETTING_ROWS)('offers for $name what it may be', ({ name, control }) => {
    switch (control.kind) {
      case 'choice':
        for (const each of control.choices) {
          expect(takes(name, each), each).toBe(true);
          expect(texts[`settings.${name}.${each}`], each).toBeTruthy();
        }
        break;
      case 'number':
        expect([control.min, control.max].map((value) => takes(name, value))).toEqual([true, true]);
        expect([control.min - control.step, control.max + control.step].some((value) => takes(name, value))).toBe(
          false,
        );
        break;
      case 'switch':
        expect(typeof DEFAULT_SETTINGS[name]).toBe('boolean');
        break;
      case 'font':
        expect(takes(name, 'Fira Code')).toBe(true);
    }
  });
});
