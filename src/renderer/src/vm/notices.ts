import { FailureError, type FailureCode } from '../../../shared/result.ts';

/** Something a person can do about a message, with one press. */
export interface NoticeAction {
  readonly label: string;
  run(): void;
}

/** A failure that can be mended with one press. */
export class RemediableFailure extends FailureError {
  readonly remedy: NoticeAction;

  constructor(code: FailureCode, message: string, remedy: NoticeAction) {
    super(code, message);
    this.remedy = remedy;
  }
}

/** Where logic tells the person what happened; the toasts show it. */
export interface Notices {
  success(message: string, action?: NoticeAction): void;
  failure(message: string, action?: NoticeAction): void;
}
