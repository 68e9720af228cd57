/** What is said after a crash, and what can be done then. */
export const crash = {
  'crash.vm.title': '{{name}} crashed',
  'crash.vm.failed': '{{name}} has failed',
  'crash.vm.stopped': '{{name}} stopped working: {{why}}',
  'crash.vm.kept': 'What was saved of it is untouched, and the other VMs go on.',
  'crash.vm.untouched': 'Its last saved state is untouched.',
  'crash.vm.checkpoint': 'Last checkpoint {{when}}',
  'crash.vm.snapshot': 'Last snapshot {{when}}',
  'crash.vm.head': 'Last saved {{when}}',
  'crash.vm.nothing': 'Nothing of it has been saved yet, so it starts from its image.',
  'crash.vm.restore-checkpoint': 'Restore checkpoint',
  'crash.vm.restore': 'Restore “{{name}}”',
  'crash.vm.launch': 'Launch from last saved state',
  'crash.vm.again': 'Launch again',
  'crash.vm.details': 'Details',
  'crash.vm.gone':
    'Its worker ended without a word; most often because memory ran out. Close other programs or give the VM less memory, then launch it again.',
  'crash.page.title': 'The window crashed and was opened again.',
  'crash.page.ended_one': '{{names}} ended with it. What was saved before is untouched.',
  'crash.page.ended_other': '{{names}} ended with it. What was saved before is untouched.',
  'crash.again': 'The window has crashed several times in a row.',
  'crash.again-about':
    'The running VMs ended with it ({{reason}}). Their snapshots and last suspended states are untouched.',
  'crash.reload': 'Reload',
  'crash.quit': 'Quit',
  'crash.page.launch_one': 'Launch it again',
  'crash.page.launch_other': 'Launch all {{count}} again',
} as const;
