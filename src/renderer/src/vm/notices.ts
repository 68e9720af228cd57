/** Where logic tells the person what happened; the toasts show it. */
export interface Notices {
  success(message: string): void;
  failure(message: string): void;
}
