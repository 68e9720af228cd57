const LINE_MAX_CHARACTERS = 200;

/** The last lines of what a machine printed, as they can be shown to a person. */
export function printableTail(text: string, lineCount: number): string {
  return (
    text
      // Colours and the like, as far as programs use them without a terminal.
      // eslint-disable-next-line no-control-regex
      .replaceAll(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/g, '')
      .split(/[\r\n]+/)
      .map((line) => line.replaceAll(/[^\P{Cc}\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu, '').slice(0, LINE_MAX_CHARACTERS))
      .filter((line) => line.trim() !== '')
      .slice(-lineCount)
      .join('\n')
  );
}
