import { createHash } from 'node:crypto';
import { tarOf, type Raw } from '../tar/tar.fixture.ts';

export const hex = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const sha256 = (bytes: Buffer): string => `sha256:${hex(bytes)}`;

export interface ImageParts {
  /** The lowest first, as tarballs. */
  readonly layers: readonly Buffer[];
  /** As they are stored; not compressed unless given. */
  readonly stored?: readonly Buffer[];
  /** What the image says they are, in hexadecimal: digests that are wrong. */
  readonly claimed?: readonly string[];
  readonly architecture?: string;
  /** The layers themselves are missing. */
  readonly leavesOut?: boolean;
}

const document = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function configOf({ layers, claimed, architecture = '386' }: ImageParts): Buffer {
  const ids = layers.map((layer, i) => (claimed?.[i] === undefined ? sha256(layer) : `sha256:${claimed[i]}`));
  return document({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: ids } });
}

/** What `docker save` writes: in folders named by the layer in versions before 25, else in `blobs`. */
export function dockerSave(parts: ImageParts & { readonly isOld?: boolean }): Buffer {
  const config = configOf(parts);
  const stored = parts.stored ?? parts.layers;
  const names = stored.map((layer) =>
    parts.isOld === true ? `${hex(layer)}/layer.tar` : `blobs/sha256/${hex(layer)}`,
  );
  const configName = parts.isOld === true ? `${hex(config)}.json` : `blobs/sha256/${hex(config)}`;
  return tarOf(
    ...(parts.leavesOut === true ? [] : stored.map((content, i): Raw => ({ name: names[i] ?? '', content }))),
    { name: configName, content: config },
    { name: 'manifest.json', content: document([{ Config: configName, RepoTags: ['test:latest'], Layers: names }]) },
  );
}

export function ociLayout(parts: ImageParts & { readonly isNested?: boolean }): Buffer {
  const config = configOf(parts);
  const stored = parts.stored ?? parts.layers;
  const described = (bytes: Buffer) => ({ digest: sha256(bytes), size: bytes.byteLength });
  const manifest = document({
    schemaVersion: 2,
    config: described(config),
    layers: stored.map((layer, i) => ({
      digest: parts.claimed?.[i] === undefined ? sha256(layer) : `sha256:${parts.claimed[i]}`,
      size: layer.byteLength,
    })),
  });
  const platforms = document({
    manifests: [
      { digest: `sha256:${'1'.repeat(64)}`, size: 9, platform: { architecture: 'unknown', os: 'unknown' } },
      { ...described(manifest), platform: { architecture: parts.architecture ?? '386', os: 'linux' } },
    ],
  });
  const top = parts.isNested === true ? platforms : manifest;
  const blob = (content: Buffer, name = hex(content)): Raw => ({ name: `blobs/sha256/${name}`, content });
  return tarOf(
    { name: 'oci-layout', content: document({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: document({ manifests: [described(top)] }) },
    ...[config, manifest, platforms].map((content) => blob(content)),
    ...(parts.leavesOut === true ? [] : stored.map((layer, i) => blob(layer, parts.claimed?.[i]))),
  );
}
