/** The file with diagnostics. */
export const diagnostics = {
  'diagnostics.save': 'Save diagnostics',
  'diagnostics.kind': 'Diagnostics',
  'diagnostics.saved':
    'Diagnostics were saved ({{size}}). They hold no names, paths or addresses; have a look before you send them.',
} as const;
