import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as v from 'valibot';
import { shownName } from '../tar/refusal.ts';
import type { FilePlace, TarSurvey } from '../tar/survey.ts';
import { dockerManifest, imageConfig, ociIndex, ociManifest, type Descriptor, type ImageConfig } from './documents.ts';
import { badImage, damagedImage } from './image-failure.ts';

export interface PlannedLayer {
  readonly place: FilePlace;
  /** Of the layer as it is stored; null where the image does not say. */
  readonly digest: string | null;
  /** Of the layer unpacked; null where the image does not say. */
  readonly diffId: string | null;
}

export interface PlannedImage {
  readonly name: string;
  /** The lowest first. */
  readonly layers: readonly PlannedLayer[];
}

/** Documents are lists of digests; the largest are some KiB. */
const DOCUMENT_MAX_BYTES = 4 * 1024 * 1024;
/** An index may point at an index of platforms; nothing points further. */
const INDEX_DEPTH_MAX = 3;

/**
 * Finds the layers of a container image in a tarball.
 * @returns null when it is none
 * @throws FailureError for one that is damaged, or for other machines than ours
 */
export async function planLayers(file: FileHandle, survey: TarSurvey): Promise<PlannedImage | null> {
  // A root file system may have files of any name.
  if (survey.hasRootAtTop) return null;
  const documents = new Documents(file, survey);
  const index = survey.file('index.json');
  if (survey.file('oci-layout') !== null && index !== null) return planOci(documents, index);
  const manifest = survey.file('manifest.json');
  return manifest === null ? null : planDocker(documents, manifest);
}

async function planOci(documents: Documents, place: FilePlace): Promise<PlannedImage> {
  let index = await documents.read('index.json', place, null, ociIndex);
  for (let depth = 0; depth < INDEX_DEPTH_MAX; depth += 1) {
    const chosen = choose(index.manifests);
    const what = `the document ${chosen.digest}`;
    const found = await documents.json(what, documents.blob(chosen), chosen.digest);
    if (v.is(ociIndex, found)) {
      index = v.parse(ociIndex, found);
      continue;
    }
    const manifest = documents.parse(what, found, ociManifest);
    const config = await documents.read(
      'its configuration',
      documents.blob(manifest.config),
      manifest.config.digest,
      imageConfig,
    );
    checkMachine(config);
    const diffIds = diffIdsOf(config, manifest.layers.length);
    return {
      name: shownName(chosen.annotations?.['org.opencontainers.image.ref.name'] ?? chosen.digest.slice(0, 19)),
      layers: manifest.layers.map((layer, i) => ({
        place: documents.blob(layer),
        digest: layer.digest,
        diffId: diffIds?.[i] ?? null,
      })),
    };
  }
  throw badImage('its index points at an index again and again');
}

/** Our machines are 32-bit x86. What is not for a machine at all (signatures, attestations) says `unknown`. */
function choose(manifests: readonly Descriptor[]): Descriptor {
  const images = manifests.filter(({ platform }) => platform?.architecture !== 'unknown');
  const fitting = images.filter(({ platform }) => platform?.architecture === '386');
  const unsaid = images.filter(({ platform }) => platform?.architecture === undefined);
  const candidates = fitting.length > 0 ? fitting : unsaid;
  const [only] = candidates;
  if (candidates.length > 1) throw badImage(`it holds ${candidates.length} images; save one alone`);
  if (only !== undefined) return only;
  const others = [...new Set(images.map(({ platform }) => shownName(platform?.architecture ?? '')))].slice(0, 8);
  throw others.length === 0 ? badImage('there is no image in it') : wrongMachine(others.join(', '));
}

async function planDocker(documents: Documents, place: FilePlace): Promise<PlannedImage> {
  const images = await documents.read('manifest.json', place, null, dockerManifest);
  const [image] = images;
  if (images.length > 1 || image === undefined) throw badImage(`it holds ${images.length} images; save one alone`);
  const config = await documents.read(
    'its configuration',
    documents.named(image.Config),
    digestIn(image.Config),
    imageConfig,
  );
  checkMachine(config);
  const diffIds = diffIdsOf(config, image.Layers.length);
  return {
    name: shownName(image.RepoTags?.[0] ?? image.Config.slice(0, 12)),
    layers: image.Layers.map((layer, i) => ({
      place: documents.named(layer),
      digest: layer.startsWith('blobs/') ? digestIn(layer) : null,
      diffId: diffIds?.[i] ?? null,
    })),
  };
}

/** Files of an image are named by what they hold: `blobs/sha256/HEX`, before that `HEX.json`. */
function digestIn(name: string): string | null {
  const hex = /^(?:blobs\/sha256\/)?([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  return hex === undefined ? null : `sha256:${hex}`;
}

function checkMachine({ architecture, os }: ImageConfig): void {
  if (os !== undefined && os !== '' && os !== 'linux') throw badImage(`it is for ${shownName(os)}, not for Linux`);
  if (architecture !== undefined && architecture !== '' && architecture !== '386')
    throw wrongMachine(shownName(architecture));
}

function wrongMachine(which: string): Error {
  return badImage(
    `it is for ${which}, and machines here are 32-bit x86; fetch it with “docker pull --platform linux/386” and save that`,
  );
}

function diffIdsOf(config: ImageConfig, layers: number): readonly string[] | null {
  const ids = config.rootfs?.diff_ids ?? null;
  if (ids !== null && ids.length !== layers)
    throw damagedImage(`it has ${layers} layers, and its configuration speaks of ${ids.length}`);
  return ids;
}

/** Reads the documents of one image out of its tarball. */
class Documents {
  private readonly file: FileHandle;
  private readonly survey: TarSurvey;

  constructor(file: FileHandle, survey: TarSurvey) {
    this.file = file;
    this.survey = survey;
  }

  named(name: string): FilePlace {
    const place = this.survey.file(name);
    if (place === null) throw damagedImage(`“${shownName(name)}” is not in it`);
    return place;
  }

  blob({ digest, size }: Descriptor): FilePlace {
    const place = this.named(`blobs/${digest.replace(':', '/')}`);
    if (place.sizeBytes !== size)
      throw damagedImage(`“${digest.slice(0, 19)}…” should have ${size} bytes and has ${place.sizeBytes}`);
    return place;
  }

  async read<S extends v.GenericSchema>(
    what: string,
    place: FilePlace,
    digest: string | null,
    schema: S,
  ): Promise<v.InferOutput<S>> {
    return this.parse(what, await this.json(what, place, digest), schema);
  }

  async json(what: string, place: FilePlace, digest: string | null): Promise<unknown> {
    if (place.sizeBytes > DOCUMENT_MAX_BYTES)
      throw badImage(`${what} is larger than ${DOCUMENT_MAX_BYTES / 1024 ** 2} MiB`);
    const bytes = Buffer.alloc(place.sizeBytes);
    await this.file.read(bytes, 0, place.sizeBytes, place.at);
    checkDigest(what, digest, (algorithm) => createHash(algorithm).update(bytes).digest('hex'));
    try {
      return JSON.parse(bytes.toString('utf8')) as unknown;
    } catch {
      throw damagedImage(`${what} is no JSON`);
    }
  }

  parse<S extends v.GenericSchema>(what: string, json: unknown, schema: S): v.InferOutput<S> {
    const parsed = v.safeParse(schema, json);
    if (!parsed.success) throw badImage(`${what} is not what a container image has there`);
    return parsed.output;
  }
}

/** @throws FailureError when a stated digest is another than the bytes have */
export function checkDigest(what: string, digest: string | null, hexOf: (algorithm: string) => string): void {
  if (digest === null) return;
  const [algorithm = '', hex] = digest.split(':');
  if (hexOf(algorithm) !== hex) throw damagedImage(`${what} is not what its digest says (${digest.slice(0, 19)}…)`);
}
