/** The tags that all of them have, in the first one's order. */
export function commonTags(vms: readonly { readonly tags: readonly string[] }[]): readonly string[] {
  const [first, ...others] = vms;
  return first?.tags.filter((tag) => others.every(({ tags }) => tags.includes(tag))) ?? [];
}

/** A VM's tags after those it had in common with others were edited: its own stay. */
export function retagged(
  tags: readonly string[],
  common: readonly string[],
  edited: readonly string[],
): readonly string[] {
  return [...new Set([...edited, ...tags.filter((tag) => !common.includes(tag))])];
}
