/** What is said when a command has finished, or a link was opened. */
export const notify = {
  'notify.finished': '{{command}} finished in {{vm}}',
  'notify.failed': '{{command}} failed in {{vm}}',
  'notify.a-command': 'A command',
  'notify.after': 'After {{time}}.',
  'notify.after-code': 'After {{time}}, with exit code {{code}}.',
  'notify.show': 'Show',
  'notify.link-open-title': 'Open this VM?',
  'notify.link-open': 'A link asks to show “{{name}}”.',
  'notify.link-launch': 'A link asks to show “{{name}}” and to launch it.',
  'notify.link-open-confirm': 'Show VM',
  'notify.link-launch-confirm': 'Show and launch',
  'notify.link-fork-title': 'Fork this snapshot?',
  'notify.link-fork': 'A link asks to make a new VM that goes on from the snapshot “{{name}}” of {{vm}}.',
  'notify.link-fork-confirm': 'Name the fork…',
  'notify.link-source': 'Links come from other programs and web pages. Go on only if you expected this one.',
  'notify.link-no-vm': 'The link is about a VM called “{{name}}”, which is not here. Nothing was done.',
  'notify.link-no-snapshot': 'The link is about a snapshot called “{{name}}”, which is not here. Nothing was done.',
  'notify.link-several':
    'Several are called “{{name}}”, and the link does not say which it is about. Nothing was done; choose one yourself.',
  'notify.link-first-run': 'A link was opened. There is no VM yet; open it again when the first one runs.',
} as const;
