/** What a person may look for in a list of VMs. */
export interface SearchableVm {
  readonly name: string;
  readonly tags: readonly string[];
  readonly imageName: string;
  /** In the words of the list, in the language that is read. */
  readonly stateWords: string;
}

/** Whether a VM has each of the words somewhere, in any case and order. */
export function matchesSearch({ name, tags, imageName, stateWords }: SearchableVm, query: string): boolean {
  const text = [name, ...tags, imageName, stateWords].join('\n').toLocaleLowerCase();
  return query
    .trim()
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Whether a VM has all of the tags. */
export function hasTags({ tags }: Pick<SearchableVm, 'tags'>, wanted: readonly string[]): boolean {
  return wanted.every((tag) => tags.includes(tag));
}

/** Every tag that a VM has, in the order of the language. */
export function allTags(vms: readonly Pick<SearchableVm, 'tags'>[], locale: string): readonly string[] {
  return [...new Set(vms.flatMap(({ tags }) => tags))].sort((a, b) => a.localeCompare(b, locale));
}
