import type { IconComponent } from './icon.ts';

export interface TabItem {
  readonly value: string;
  readonly title: string;
  readonly icon: IconComponent;
}
