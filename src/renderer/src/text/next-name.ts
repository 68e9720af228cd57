/**
 * A free name made of a word and a number: one above the highest taken, so names keep telling the
 * order things were made in even after some were deleted.
 */
export function nextName(word: string, taken: readonly string[]): string {
  let highest = 0;
  for (const name of taken) {
    if (!name.startsWith(`${word} `)) continue;
    const number = Number(name.slice(word.length + 1));
    if (Number.isSafeInteger(number) && number > highest) highest = number;
  }
  return `${word} ${highest + 1}`;
}

/** The name itself if it is free, else the name with the lowest number that makes it free. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} ${number}`)) number += 1;
  return `${name} ${number}`;
}

/**
 * The name of a file itself if it is free, else with the lowest number before its extension that
 * makes it free: `notes 2.txt`, `backup 2.tar.gz`, `.profile 2`.
 */
export function freeFileName(name: string, taken: readonly string[]): string {
  const [extension] = /(?<=.)(?:\.tar)?\.[^.]+$/.exec(name) ?? [''];
  const stem = name.slice(0, name.length - extension.length);
  for (let number = 2, free = name; ; number += 1) {
    if (!taken.includes(free)) return free;
    free = `${stem} ${number}${extension}`;
  }
}
