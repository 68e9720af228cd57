import type { ImageSummary, RecipeSummary } from './image.ts';

/**
 * Whether the shipped recipe is another than when the image was built: judged without the network. `replaced`: an image of
 * today’s recipe is there beside it; `unknown`: it was built of something else, or before this was recorded.
 */
export type ImageUpdate = 'current' | 'available' | 'replaced' | 'unknown';

/** What an image takes of the disk. */
export interface ImageDisk {
  readonly filesBytes: number;
  /** Of that, what other images have, too: removing this one frees none of it. */
  readonly sharedBytes: number;
}

export interface CatalogueImage extends ImageSummary {
  /** Null when its list of files cannot be read. */
  readonly disk: ImageDisk | null;
  readonly update: ImageUpdate;
  /** Names of the VMs of it. */
  readonly vms: readonly string[];
  /** Names of the snapshots of it. */
  readonly snapshots: readonly string[];
}

/** What is installed and what can be built. */
export interface ImageCatalogue {
  /** Newest first. */
  readonly images: readonly CatalogueImage[];
  /** That come along. */
  readonly recipes: readonly RecipeSummary[];
  /** Sentences about what could not be read. */
  readonly problems: readonly string[];
}

export interface ImageDetails {
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly kernel: string;
}

export interface ImageRemoved {
  /** Of its files; null when they could not be cleared away just now, and go with the next clean-up. */
  readonly freedBytes: number | null;
}
