/** What was set up for one machine's network. */
export interface MachineNetwork {
  close(): void;
}
