import { keysOf } from '../../../../shared/model/command-keys.ts';
import { COMMAND_IDS, COMMANDS, type CommandId } from '../../../../shared/model/commands.ts';
import { mayBeCommand, parseKeys, writeKeys, type KeyCombination } from '../../../../shared/model/keys.ts';
import { conflictsOf, withKeys } from '../../app/commands/key-map.ts';
import { isForApp, pressedKeys, type KeyPress } from '../../app/commands/pressed-keys.ts';
import { formatKeys } from '../../text/format-keys.ts';
import { formatList } from '../../text/format-list.ts';
import { t } from '../../text/text.svelte.ts';
import { terminalCommand } from '../terminal/terminal-keys.ts';
import type { SettingsStore } from './settings-store.svelte.ts';
import { hasWords } from './settings-page.svelte.ts';

export interface KeyRow {
  readonly id: CommandId;
  readonly title: string;
  readonly keys: KeyCombination | null;
  readonly words: string;
  readonly isChanged: boolean;
  /** What a person should know of these keys; null for nothing. */
  readonly remark: { readonly isConflict: boolean; readonly text: string } | null;
}

/** The keys of all commands, and the one whose keys are being chosen. */
export class KeyEditor {
  #recording: CommandId | null = $state(null);
  /** Why what was pressed was not taken. */
  refusal: string | null = $state(null);
  readonly #settings: Pick<SettingsStore, 'current' | 'set'>;
  readonly #isMac: boolean;

  constructor(settings: Pick<SettingsStore, 'current' | 'set'>, isMac: boolean) {
    this.#settings = settings;
    this.#isMac = isMac;
  }

  get recording(): CommandId | null {
    return this.#recording;
  }

  rows(search: string): readonly KeyRow[] {
    return COMMAND_IDS.map((id) => this.#row(id)).filter(({ id, title, words }) =>
      hasWords([title, words, id, t('settings.group.keys'), t('settings.keys')], search),
    );
  }

  record(id: CommandId): void {
    this.refusal = null;
    this.#recording = id;
  }

  stop(): void {
    this.refusal = null;
    this.#recording = null;
  }

  /** A key was pressed while keys are being chosen. */
  press(event: KeyPress): void {
    const id = this.#recording;
    if (id === null) return;
    const keys = pressedKeys(event, this.#isMac);
    if (keys === null) return;
    if (keys.key === 'Escape' && !keys.cmdOrCtrl && !keys.ctrl && !keys.alt && !keys.shift) {
      this.stop();
      return;
    }
    const isTerminals = ['copy', 'paste', 'leave'].includes(terminalCommand(event) ?? '');
    this.refusal = isTerminals ? t('settings.keys.taken') : mayBeCommand(keys) ? null : t('settings.keys.plain');
    if (this.refusal !== null) return;
    this.#set(id, writeKeys(keys));
    this.stop();
  }

  remove(id: CommandId): void {
    this.#set(id, null);
  }

  reset(id: CommandId): void {
    this.#set(id, COMMANDS[id].keys);
  }

  #set(id: CommandId, keys: KeyCombination | null): void {
    void this.#settings.set({ keys: withKeys(this.#settings.current.keys, id, keys) });
  }

  #row(id: CommandId): KeyRow {
    const overrides = this.#settings.current.keys;
    const keys = keysOf(id, overrides);
    return {
      id,
      title: t(`command.${id}`),
      keys,
      words: keys === null ? t('settings.keys.none') : formatKeys(keys, this.#isMac),
      isChanged: keys !== COMMANDS[id].keys,
      remark: this.#remark(id, keys),
    };
  }

  #remark(id: CommandId, keys: KeyCombination | null): KeyRow['remark'] {
    const conflicts = conflictsOf(id, this.#settings.current.keys);
    if (conflicts.length > 0) {
      const names = formatList(conflicts.map((other) => `“${t(`command.${other}`)}”`));
      return { isConflict: true, text: t('settings.keys.conflict', { names }) };
    }
    const parsed = keys === null ? null : parseKeys(keys);
    const isGuests = parsed !== null && !isForApp(parsed, 'terminal', this.#isMac);
    return isGuests ? { isConflict: false, text: t('settings.keys.guest') } : null;
  }
}
