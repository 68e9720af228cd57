/** Image builds. */
export const build = {
  'build.ready': 'Getting ready',
  'build.step': 'step {{number}} of {{count}}',
  'build.tiny': 'Tiny',
  'build.tiny-about': 'Linux with BusyBox. Small, and launches in a blink.',
  'build.alpine': 'Alpine',
  'build.alpine-about': 'Alpine Linux with apk packages. Small, and fetched from its mirror once.',
  'build.debian': 'Debian',
  'build.debian-about': 'Debian with apt packages. Larger, and takes some minutes to build once.',
} as const;
