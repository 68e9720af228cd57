import { FailureError } from '../shared/result.ts';
import { nearest } from './command/nearest.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** How many are told by name when the one asked for is not there. */
const SHOWN_MAX = 5;

/**
 * The one thing with that id or name.
 * @param noun what it is called in sentences: `image`
 * @throws FailureError `not-found` with what there is, `bad-input` when several have that name
 */
export function theOne<T extends Named>(noun: string, things: readonly T[], nameOrId: string): T {
  const byId = things.find(({ id }) => id === nameOrId);
  if (byId) return byId;
  // Names are stored in this form.
  const name = nameOrId.normalize('NFC');
  const [first, ...others] = things.filter((thing) => thing.name === name);
  if (first && others.length === 0) return first;
  if (first) {
    const ids = [first, ...others].map(({ id }) => id).join(', ');
    throw new FailureError(
      'bad-input',
      `${others.length + 1} ${noun}s are called “${name}”. Nothing was changed; say which by its id: ${ids}.`,
    );
  }
  const names = [...new Set(things.map((thing) => thing.name))];
  const meant = nearest(name, names);
  const more = names.length > SHOWN_MAX ? ` and ${names.length - SHOWN_MAX} more` : '';
  const known = `There are: ${names.slice(0, SHOWN_MAX).join(', ')}${more}.`;
  const hint = names.length === 0 ? 'There is none at all.' : meant === null ? known : `Did you mean “${meant}”?`;
  throw new FailureError('not-found', `There is no ${noun} called “${name.slice(0, 80)}”. ${hint}`);
}
