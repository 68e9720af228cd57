/** What covers the window while VMs are suspended. */
export const quit = {
  'quit.failed': 'Not every machine could be suspended',
  'quit.suspending_one': 'Suspending {{count}} machine…',
  'quit.suspending_other': 'Suspending {{count}} machines…',
  'quit.waiting': 'waiting',
  'quit.vm-suspending': 'suspending',
  'quit.suspended': 'suspended',
  'quit.saving-first_one': 'saving a snapshot first',
  'quit.saving-first_other': 'saving {{count}} snapshots first',
  'quit.loses': 'Quitting now loses what happened in them since they were last saved.',
  'quit.goes-on': 'They go on from exactly here when you launch them again.',
  'quit.anyway': 'Quit anyway',
  'quit.stay': 'Stay',
  'quit.busy': 'VMs are still being suspended.',
  'quit.busy-about': 'Quitting now loses what they did since they were last saved.',
  'quit.wait': 'Wait',
  'quit.now': 'Quit now',
} as const;
