import * as v from 'valibot';

/* What container images say of themselves: as `docker save` writes it, and as the OCI image specification does (1.1). */

/** A layer each; Docker itself stops at 127. */
const LAYERS_MAX = 256;
const text = v.pipe(v.string(), v.maxLength(4096));
const digest = v.pipe(v.string(), v.regex(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/));

export const dockerManifest = v.pipe(
  v.array(
    v.object({
      Config: text,
      RepoTags: v.nullish(v.array(text)),
      Layers: v.pipe(v.array(text), v.minLength(1), v.maxLength(LAYERS_MAX)),
    }),
  ),
  v.minLength(1),
  v.maxLength(LAYERS_MAX),
);

const platform = v.object({ architecture: v.optional(text), os: v.optional(text) });
export const descriptor = v.object({
  mediaType: v.optional(text),
  digest,
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  platform: v.nullish(platform),
  annotations: v.nullish(v.record(v.string(), v.string())),
});
export type Descriptor = v.InferOutput<typeof descriptor>;

export const ociIndex = v.object({ manifests: v.pipe(v.array(descriptor), v.maxLength(LAYERS_MAX)) });
export const ociManifest = v.object({
  config: descriptor,
  layers: v.pipe(v.array(descriptor), v.minLength(1), v.maxLength(LAYERS_MAX)),
});

/** The same in both: the architecture, and the digests of the layers as they are unpacked. */
export const imageConfig = v.object({
  architecture: v.optional(text),
  os: v.optional(text),
  rootfs: v.optional(v.object({ diff_ids: v.pipe(v.array(digest), v.maxLength(LAYERS_MAX)) })),
});
export type ImageConfig = v.InferOutput<typeof imageConfig>;
