import { afterEach, describe, expect, it, vi } from 'vitest';
import { locale, setLanguage, t } from './text.svelte.ts';

vi.stubGlobal('document', { documentElement: { lang: '' } });
afterEach(() => setLanguage('en', 'en'));

describe('the page’s language', () => {
  it('is the one that is set', () => {
    setLanguage('zh', 'en-US');
    expect(t('command.vm.launch')).toBe('启动');
    expect(locale()).toBe('zh-CN');
    expect(document.documentElement.lang).toBe('zh-Hans');
  });

  it('is the system’s where none is set', () => {
    setLanguage('system', 'zh-CN');
    expect(t('command.vm.launch')).toBe('启动');
    setLanguage('system', 'de-DE');
    expect(t('command.vm.launch')).toBe('Launch');
    expect(locale()).toBe('en-GB');
  });
});
