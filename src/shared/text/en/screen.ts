/** The VM's display as a tab. */
export const screen = {
  'screen.name': 'Screen',
  'screen.label': 'Screen of {{name}}',
  'screen.text': 'Text on the screen of {{name}}',
  'screen.hint': 'Keys and mouse go to the VM. Control+Shift+E leaves the screen.',
  'screen.leave': 'Ctrl+Shift+E leaves',
  'screen.ctrl-alt-delete': 'Press Ctrl+Alt+Delete in the VM',
  'screen.lock-mouse': 'Give the mouse to the VM',
  'screen.locked': 'The VM has the mouse. Esc takes it back.',
  'screen.lock-failed':
    'The mouse stayed here: the window has to be in front. Press “Give the mouse to the VM” below the screen.',
  'screen.whole': 'Whole pixels only',
  'screen.save': 'Save a picture…',
  'screen.saved': 'The picture was saved as {{file}}.',
  'screen.nothing-to-save': 'The screen shows nothing that could be saved. Nothing was written.',
  'screen.characters': '{{columns}} × {{rows}} characters',
  'screen.pixels': '{{width}} × {{height}} pixels',
  'screen.waiting': 'Waiting for the screen…',
  'screen.paused': 'Paused. Resume to go on.',
  'screen.failed':
    'The screen cannot be shown: {{why}} The VM goes on. Close this tab and open it again to try once more.',
  'screen.unused':
    'This VM draws nothing on its screen: its terminals are in the other tabs. Images with the distribution’s kernel have a console here.',
  'screen.too-large':
    'The VM has set a screen of {{width}} × {{height}}, more than the 1920 × 1200 pixels that are shown here. Choose a smaller size in the VM.',
  'screen.unknown-mode':
    'The VM has set a graphics mode that v86 cannot draw. The VM goes on; choose another mode in it.',
} as const;
