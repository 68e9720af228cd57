import * as v from 'valibot';
import { checkpointsSchema } from '../shared/model/checkpoints.ts';
import { parseImageId, parseStateId, parseVmId } from '../shared/model/ids.ts';
import { RECIPE_NETWORKS, type ImageManifest } from '../shared/model/image.ts';
import { parseTags } from '../shared/model/names.ts';
import { DEFAULT_NETWORK, networkSettingsSchema } from '../shared/model/network.ts';
import { STATE_MAKERS, type StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, type Result } from '../shared/result.ts';

/** What the library's JSON files must look like. A file that does not is treated as damaged. */

function branded<T extends string>(parse: (text: string) => Result<T>) {
  return v.pipe(
    v.string(),
    v.check((text) => parse(text).ok),
    v.transform((text) => text as T),
  );
}

const vmId = branded(parseVmId);
const stateId = branded(parseStateId);
const imageId = branded(parseImageId);
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const blobRef = v.object({ sha256, sizeBytes: count });

const vmRecord = v.object({
  id: vmId,
  name: v.string(),
  imageId,
  memoryMib: count,
  createdAt: v.string(),
  head: v.nullable(stateId),
  parent: v.nullable(stateId),
  // VMs were made before there was a network.
  network: v.optional(networkSettingsSchema, DEFAULT_NETWORK),
  checkpoints: v.optional(v.nullable(checkpointsSchema), null),
  // More than there may be, as a newer program could allow, are not shown; the VM is as good without.
  tags: v.pipe(
    v.optional(v.array(v.string()), []),
    v.transform((tags) => (parseTags(tags, 'VM').ok ? tags : [])),
  ),
  deletedAt: v.exactOptional(v.string()),
});

const stateFields = {
  id: stateId,
  kind: v.picklist(['base', 'head', 'snapshot']),
  content: v.picklist(['full', 'disk']),
  name: v.string(),
  vmId: v.nullable(vmId),
  vmName: v.string(),
  parent: v.nullable(stateId),
  createdAt: v.string(),
  config: v.object({
    v86Version: v.string(),
    imageId,
    fsSha256: sha256,
    memoryMib: count,
    vgaMemoryMib: count,
    devices: v.array(v.string()),
  }),
  sizeBytes: count,
};
const pieces = { pieceBytes: v.pipe(count, v.minValue(1)), pieceSha256: v.array(sha256) };

/** What a library had before it kept pages. */
const stateManifest1 = v.object({ ...stateFields, ...pieces });

const stateManifest2 = v.object({
  ...stateFields,
  note: v.string(),
  tags: v.array(v.string()),
  isProtected: v.boolean(),
  madeBy: v.picklist(STATE_MAKERS),
  frontBytes: count,
  data: v.variant('layout', [
    v.object({ layout: v.literal('pages'), newBytes: count, mapBytes: count, mapSha256: sha256 }),
    v.object({ layout: v.literal('file'), ...pieces }),
  ]),
});

const withFormat = v.object({ format: count });

const imageManifest = v.object({
  format: v.literal(1),
  id: imageId,
  name: v.string(),
  recipe: v.string(),
  recipeSha256: v.optional(sha256),
  createdAt: v.string(),
  v86Version: v.string(),
  kernel: v.object({
    kind: v.picklist(['tuned', 'distro']),
    release: v.string(),
    bzImage: blobRef,
    initrd: v.nullable(blobRef),
  }),
  bios: blobRef,
  vgaBios: blobRef,
  fsJson: blobRef,
  fileCount: count,
  fileBytes: count,
  packages: v.record(v.string(), v.string()),
  commandLine: v.string(),
  memoryMib: count,
  network: v.optional(v.picklist(RECIPE_NETWORKS)),
  base: stateId,
});

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new FailureError('damaged', `${what} is damaged on disk (${parsed.issues[0].message}) and was not loaded.`);
}

export const parseVmRecord = (value: unknown, what: string): VmRecord => parse(vmRecord, value, what);
export const parseImageManifest = (value: unknown, what: string): ImageManifest => parse(imageManifest, value, what);

/** @throws FailureError `damaged`; `unsupported` for what a newer Terrarium wrote */
export function parseStateManifest(value: unknown, what: string): StateManifest {
  const { format } = parse(withFormat, value, what);
  if (format > 2) {
    throw new FailureError(
      'unsupported',
      `${what} was written by a newer Terrarium (format ${format}) and was not loaded. Update Terrarium to use it.`,
    );
  }
  if (format === 2) return parse(stateManifest2, value, what);
  const { pieceBytes, pieceSha256, ...fields } = parse(stateManifest1, value, what);
  const data = { layout: 'file', pieceBytes, pieceSha256 } as const;
  return { ...fields, note: '', tags: [], isProtected: false, madeBy: 'person', frontBytes: 0, data };
}
