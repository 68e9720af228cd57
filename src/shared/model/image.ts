import type { ImageId, StateId } from './ids.ts';

export const RECIPE_NAMES = ['tiny', 'alpine', 'debian'] as const;
export type RecipeName = (typeof RECIPE_NAMES)[number];

export const KERNEL_CHOICES = ['auto', 'tuned', 'distro'] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];

/** One file kept by content: its SHA-256 in lower-case hex is its name on disk. */
export interface BlobRef {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What an image is, written last at the end of its build. */
export interface ImageManifest {
  readonly format: 1;
  readonly id: ImageId;
  readonly name: string;
  readonly recipe: string;
  readonly createdAt: string;
  readonly v86Version: string;
  readonly kernel: {
    readonly kind: 'tuned' | 'distro';
    readonly release: string;
    readonly bzImage: BlobRef;
    readonly initrd: BlobRef | null;
  };
  readonly bios: BlobRef;
  readonly vgaBios: BlobRef;
  /** The 9p tree: v86's `fs.json`, naming each file by the SHA-256 of its content. */
  readonly fsJson: BlobRef;
  readonly fileCount: number;
  readonly fileBytes: number;
  /** Package name to version, for recipes that have packages. */
  readonly packages: Readonly<Record<string, string>>;
  readonly commandLine: string;
  readonly memoryMib: number;
  /** The snapshot at the login prompt that a new VM starts from. */
  readonly base: StateId;
}

/** What the app shows of an image. */
export interface ImageSummary {
  readonly id: ImageId;
  readonly name: string;
  readonly recipe: string;
  readonly createdAt: string;
  readonly kernel: string;
  readonly memoryMib: number;
  readonly sizeBytes: number;
  readonly fileCount: number;
}

/** A step of an image build, as progress for a person. */
export interface BuildProgress {
  readonly step: string;
  readonly stepIndex: number;
  readonly stepCount: number;
  /** 0..1 within the whole build, as far as it can be known. */
  readonly fraction: number;
  readonly detail: string;
  readonly remainingMs: number | null;
}

export function summarizeImage(image: ImageManifest): ImageSummary {
  const { id, name, recipe, createdAt, kernel, memoryMib, fileBytes, fileCount } = image;
  return {
    id,
    name,
    recipe,
    createdAt,
    kernel: `${kernel.release} (${kernel.kind})`,
    memoryMib,
    sizeBytes: fileBytes,
    fileCount,
  };
}
