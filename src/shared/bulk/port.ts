/**
 * The part of a message port the bulk protocol needs. Node's MessagePort, the browser's and
 * Electron's MessagePortMain each become one through a few lines in their own zone.
 */
export interface PortLike {
  post(message: unknown): void;
  /** Called for each message, in order. Set once, before any message is expected. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the other side is gone. */
  onClose(listener: () => void): void;
  close(): void;
}
