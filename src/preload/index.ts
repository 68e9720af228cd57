/** Puts the contract on `window.terrarium`, call by call and event by event; nothing else. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { PortMessage, TerrariumBridge } from '../shared/ipc/bridge.ts';
import { callChannel, CALL_NAMES, EVENT_NAMES, eventChannel, PORT_CHANNEL } from '../shared/ipc/channels.ts';

const calls: ReadonlySet<string> = new Set(CALL_NAMES);
const events: ReadonlySet<string> = new Set(EVENT_NAMES);

const bridge: TerrariumBridge<File> = {
  call: (name, args) => {
    // Dropped files go through dropFiles: the page must not name paths.
    if (!calls.has(name) || name === 'file.dropped') return Promise.reject(new Error(`unknown call ${name}`));
    return ipcRenderer.invoke(callChannel(name), args);
  },
  on: (name, listener) => {
    if (!events.has(name)) throw new Error(`unknown event ${name}`);
    const relay = (_event: unknown, payload: Parameters<typeof listener>[0]): void => listener(payload);
    ipcRenderer.on(eventChannel(name), relay);
    return () => ipcRenderer.removeListener(eventChannel(name), relay);
  },
  dropFiles: (files) => {
    const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '');
    return ipcRenderer.invoke(callChannel('file.dropped'), paths);
  },
};
contextBridge.exposeInMainWorld('terrarium', bridge);

ipcRenderer.on(PORT_CHANNEL, (event, { portId }: { portId: string }) => {
  // Ports cannot cross the context bridge; this is the way Electron documents.
  window.postMessage({ kind: 'terrarium.port', portId } satisfies PortMessage, window.origin, event.ports);
});
