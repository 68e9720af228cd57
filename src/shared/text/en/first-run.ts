/** The welcome. */
export const firstRun = {
  'first-run.title': 'Welcome to Terrarium',
  'first-run.about':
    'Terrarium keeps small Linux computers in a window: launch one in a blink, snapshot it, fork it, throw it away. They run in an emulator inside this app, so nothing you do in them touches your own system.',
  'first-run.not-built': 'The first image was not built',
  'first-run.failed': 'The first image could not be built',
  'first-run.retry': 'Retry',
  'first-run.making': 'Making your first VM…',
  'first-run.building': 'Building your first image. This happens once.',
  'first-run.building-label': 'Building the first image',
  'first-run.cancelling': 'Cancelling…',
  'first-run.other-build': 'Another build is under way. Wait for it.',
} as const;
