/** Tabs and panes. */
export const workspace = {
  'workspace.tabs': 'Terminals',
  'workspace.panel': 'Panes',
  'workspace.new-terminal': 'New terminal',
  'workspace.open': 'Open a terminal',
  'workspace.tab-name': 'Tab name',
  'workspace.rang': 'It rang',
  'workspace.close-tab': 'Close {{name}}',
  'workspace.close-pane': 'Close pane',
  'workspace.border': 'Border between panes',
  'workspace.broadcasting': 'typing into all',
  'workspace.vm-off': '{{name}} is not running.',
  'workspace.import': 'Import file…',
  'workspace.export': 'Export file…',
  'workspace.empty-title': 'No terminal is open',
  'workspace.empty': 'The VM goes on. Open a terminal to see it again.',
  'workspace.unreadable':
    'The layout of {{name}}’s terminals could not be read, so they were laid out anew. Nothing else is affected.',
  'workspace.refused.tabs': 'There are 40 tabs already. Close one, then open another.',
  'workspace.refused.panes': 'This tab has 16 panes already. Close one, or open another tab.',
  'workspace.refused.shells': 'This VM has 24 shells already. Close one, then open another.',
} as const;
