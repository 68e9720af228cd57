import type { IconComponent } from './icon.ts';

export interface MenuItem {
  readonly title: string;
  readonly icon: IconComponent;
  readonly onselect: () => void;
  readonly isDisabled?: boolean | undefined;
  readonly tone?: 'danger' | undefined;
  /** Draws a line above it. */
  readonly startsGroup?: boolean | undefined;
}
