/** Something a person can do about a message, with one press. */
export interface NoticeAction {
  readonly label: string;
  run(): void;
}

/** Where logic tells the person what happened; the toasts show it. */
export interface Notices {
  success(message: string, action?: NoticeAction): void;
  failure(message: string): void;
}
