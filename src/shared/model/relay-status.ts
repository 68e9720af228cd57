/** What a person is told about the process that carries every VM's network. */
export interface RelayStatus {
  /**
   * `idle`: no VM has needed it yet. `restarting`: it ended and is on its way back; VMs reconnect by themselves.
   * `failed`: it ended again and again; it is still tried from time to time.
   */
  readonly phase: 'idle' | 'running' | 'restarting' | 'failed';
  /** How often it had to be started again since the app was started. */
  readonly restarts: number;
}
