import type { CallName, EventName } from './contract.ts';

/**
 * The contract's names, apart from its schemas: the preload needs no more, and stays small. The
 * compiler refuses a list that lacks a name or has one too many.
 */
const callNames = {
  'app.info': true,
  'app.openExternal': true,
  'app.quitReady': true,
  'app.quitCancelled': true,
  'app.crash': true,
  'app.saveDiagnostics': true,
  'menu.setEnabled': true,
  'tray.setRunning': true,
  'window.setProgress': true,
  'notification.show': true,
  'link.take': true,
  'library.get': true,
  'settings.get': true,
  'settings.set': true,
  'vm.create': true,
  'vm.rename': true,
  'vm.delete': true,
  'vm.undelete': true,
  'vm.duplicate': true,
  'vm.setTags': true,
  'vm.screen': true,
  'vm.launch': true,
  'snapshot.compare': true,
  'workspace.get': true,
  'workspace.set': true,
  'vm.savedStates': true,
  'vm.startIsDamaged': true,
  'vm.restored': true,
  'vm.setNetwork': true,
  'vm.networkView': true,
  'vm.capture': true,
  'relay.status': true,
  'vm.setCheckpoints': true,
  'snapshot.update': true,
  'snapshot.moveUp': true,
  'snapshot.delete': true,
  'snapshot.fork': true,
  'snapshot.check': true,
  'snapshot.screen': true,
  'snapshot.export': true,
  'snapshot.import': true,
  'library.usage': true,
  'library.verify': true,
  'library.clean': true,
  'image.build': true,
  'image.chooseFile': true,
  'image.import': true,
  'image.cancelBuild': true,
  'image.delete': true,
  'file.chooseImport': true,
  'file.chooseImportFolder': true,
  'file.packFolder': true,
  'file.dropped': true,
  'file.chooseExport': true,
  'file.chooseExportFolder': true,
  'file.exportInto': true,
  'file.openDrag': true,
  'file.startDrag': true,
  'file.again': true,
  'file.release': true,
  'screen.save': true,
} as const satisfies Record<CallName, true>;
export const CALL_NAMES = Object.keys(callNames) as CallName[];

const eventNames = {
  'library.changed': true,
  'library.progress': true,
  'image.progress': true,
  'file.progress': true,
  'app.quitting': true,
  'settings.changed': true,
  'relay.changed': true,
  'vm.link': true,
  'vm.gone': true,
  'window.seen': true,
  'command.run': true,
  'link.waiting': true,
  'notification.clicked': true,
  'vm.show': true,
} as const satisfies Record<EventName, true>;
export const EVENT_NAMES = Object.keys(eventNames) as EventName[];

/** IPC channel names: one prefix for calls, one for events, and the one that carries ports. */
export const callChannel = (callName: CallName): string => `call:${callName}`;
export const eventChannel = (eventName: EventName): string => `event:${eventName}`;
export const PORT_CHANNEL = 'port';
