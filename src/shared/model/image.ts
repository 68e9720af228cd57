import type { ImageId, StateId } from './ids.ts';
import type { ProfileName } from './network.ts';

/** A shipped recipe's name, as its file in resources/recipes has it. */
export type RecipeName = string;
/** The recipes that the app offers; `terrarium image recipes` lists all. */
export const OFFERED_RECIPES = ['tiny', 'alpine', 'debian'] as const;
export type OfferedRecipe = (typeof OFFERED_RECIPES)[number];

export const KERNEL_CHOICES = ['auto', 'tuned', 'distro'] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];

/** A recipe may be a stranger's: it cannot open this computer to a VM. */
export const RECIPE_NETWORKS = ['offline', 'internet'] as const satisfies readonly ProfileName[];
export type RecipeNetwork = (typeof RECIPE_NETWORKS)[number];

/** What a list shows of a shipped recipe. */
export interface RecipeSummary {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly base: 'tiny' | 'alpine' | 'debian' | 'tarball';
  readonly memoryMib: number;
  readonly kernel: KernelChoice;
  readonly packages: readonly string[];
}

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
  /** Of the shipped recipe it was built of, unchanged: whether that is another now is seen by it. */
  readonly recipeSha256?: string | undefined;
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
  /** What a new VM may reach, when the recipe says so; else as any VM. */
  readonly network?: RecipeNetwork | undefined;
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

/** What a build will do, before it begins. */
export interface BuildPlan {
  readonly recipe: string;
  readonly title: string;
  /** What is fetched or made first, in the order of the build. */
  readonly parts: readonly PlannedPart[];
  /** Sum of what is known of what is not in the cache. */
  readonly downloadBytes: number;
  /** Whether every part's size is known. */
  readonly isExact: boolean;
  /** With what is downloaded, unpacked and kept. */
  readonly diskBytes: number;
  readonly freeBytes: number;
  readonly aboutMs: number;
  /** How many commands of the recipe run in the new machine. */
  readonly commandCount: number;
  readonly network: RecipeNetwork | null;
}

export interface PlannedPart {
  readonly name: string;
  readonly bytes: number | null;
  readonly isCached: boolean;
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
  /** Of the build's plan: what it fetches, as far as known, and needs of the disk. */
  readonly needs?: Pick<BuildPlan, 'downloadBytes' | 'diskBytes'>;
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
