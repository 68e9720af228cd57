import type { LucideProps } from '@lucide/svelte';
import type { Component } from 'svelte';

/** A Lucide icon component. */
export type IconComponent = Component<LucideProps>;
