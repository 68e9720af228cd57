/** Which rows of a list are chosen, and where in it the keyboard is. */
export interface ListSelection<Id> {
  readonly chosen: ReadonlySet<Id>;
  /** Where a range begins. */
  readonly anchor: Id | null;
  readonly focus: Id | null;
}

export interface Modifiers {
  /** Control, or Command on a Mac. */
  readonly adds: boolean;
  /** Shift. */
  readonly extends: boolean;
}

export function nothingChosen<Id>(): ListSelection<Id> {
  return { chosen: new Set(), anchor: null, focus: null };
}

export function choose<Id>(id: Id): ListSelection<Id> {
  return { chosen: new Set([id]), anchor: id, focus: id };
}

/** A row was clicked, or a key moved to it with its modifiers: as in every list of files. */
export function choosing<Id>(
  ids: readonly Id[],
  selection: ListSelection<Id>,
  id: Id,
  modifiers: Modifiers,
): ListSelection<Id> {
  if (modifiers.extends) {
    const from = ids.indexOf(selection.anchor ?? id);
    const to = ids.indexOf(id);
    const range = ids.slice(Math.min(from < 0 ? to : from, to), Math.max(from, to) + 1);
    const kept = modifiers.adds ? selection.chosen : [];
    return { chosen: new Set([...kept, ...range]), anchor: selection.anchor ?? id, focus: id };
  }
  if (!modifiers.adds) return choose(id);
  const chosen = new Set(selection.chosen);
  if (!chosen.delete(id)) chosen.add(id);
  return { chosen, anchor: id, focus: id };
}

/** Control and an arrow: the keyboard is elsewhere, what is chosen stays. */
export function focusing<Id>(selection: ListSelection<Id>, focus: Id): ListSelection<Id> {
  return { ...selection, focus };
}

export function choosingAll<Id>(ids: readonly Id[], selection: ListSelection<Id>): ListSelection<Id> {
  return { ...selection, chosen: new Set(ids), focus: selection.focus ?? ids[0] ?? null };
}

/** After rows went away: what is not there is not chosen. */
export function among<Id>(ids: readonly Id[], selection: ListSelection<Id>): ListSelection<Id> {
  const has = (id: Id | null): id is Id => id !== null && ids.includes(id);
  return {
    chosen: new Set([...selection.chosen].filter(has)),
    anchor: has(selection.anchor) ? selection.anchor : null,
    focus: has(selection.focus) ? selection.focus : null,
  };
}

/** Where a key leads from a row; null for a key that leads nowhere. */
export function rowByKey<Id>(ids: readonly Id[], focus: Id | null, key: string, pageRows: number): Id | null {
  if (ids.length === 0) return null;
  const at = focus === null ? -1 : ids.indexOf(focus);
  const to = (index: number): Id | null => ids[Math.min(ids.length - 1, Math.max(0, index))] ?? null;
  switch (key) {
    case 'ArrowDown':
      return to(at + 1);
    case 'ArrowUp':
      return to(at < 0 ? ids.length - 1 : at - 1);
    case 'Home':
      return to(0);
    case 'End':
      return to(ids.length - 1);
    case 'PageDown':
      return to(at + pageRows);
    case 'PageUp':
      return to(at - pageRows);
    default:
      return null;
  }
}
