/** Tags as they stand in a field, and back: separated by commas. */
export function formatTags(tags: readonly string[]): string {
  return tags.join(', ');
}

export function splitTags(text: string): readonly string[] {
  return text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}
