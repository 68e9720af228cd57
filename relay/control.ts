import * as v from 'valibot';
import { forwardSchema, networkSettingsSchema, type NetworkView } from '../src/shared/model/network.ts';
import { FAILURE_CODES } from '../src/shared/result.ts';

/*
 * Between the app (or another program) and a relay in a process of its own. The message that attaches a VM carries the
 * relay's end of that VM's link port. Both sides check what they are told: a relay that hostile frames have confused
 * must not confuse main, and a message from another version is refused in words.
 */

/** Ids of files on disk are up to 64 characters; names of VMs are shorter. */
const NAME_MAX_CHARACTERS = 128;
const PATH_MAX_CHARACTERS = 4096;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(NAME_MAX_CHARACTERS));

/** Each is answered once. `link` is a number the app chose when it attached, never used twice. */
const orderSchema = v.variant('t', [
  v.object({
    t: v.literal('attach'),
    request: count,
    link: count,
    vm: v.object({ id: text, name: text }),
    settings: networkSettingsSchema,
  }),
  v.object({ t: v.literal('detach'), request: count, link: count }),
  v.object({ t: v.literal('configure'), request: count, link: count, settings: networkSettingsSchema }),
  v.object({ t: v.literal('view'), request: count, link: count }),
  v.object({
    t: v.literal('capture-start'),
    request: count,
    link: count,
    path: v.pipe(v.string(), v.minLength(1), v.maxLength(PATH_MAX_CHARACTERS)),
  }),
  v.object({ t: v.literal('capture-stop'), request: count, link: count }),
  v.object({ t: v.literal('shutdown'), request: count }),
]);
export type RelayOrder = v.InferOutput<typeof orderSchema>;

const rowSchema = v.object({
  id: v.number(),
  protocol: v.picklist(['tcp', 'udp', 'icmp']),
  direction: v.picklist(['out', 'in']),
  name: v.nullable(v.string()),
  address: v.string(),
  port: v.number(),
  guestPort: v.number(),
  bytesFromGuest: v.number(),
  bytesToGuest: v.number(),
  ageMs: v.number(),
  verdict: v.picklist(['dialling', 'open', 'closing', 'denied', 'failed']),
  reason: v.string(),
});

const viewSchema = v.object({
  address: v.nullable(v.string()),
  counters: v.object({
    framesFromGuest: v.number(),
    framesToGuest: v.number(),
    bytesFromGuest: v.number(),
    bytesToGuest: v.number(),
    malformedFrames: v.number(),
    droppedFrames: v.number(),
    deniedConnections: v.number(),
    dnsQueries: v.number(),
  }),
  connections: v.array(rowSchema),
  forwards: v.array(
    v.object({
      forward: forwardSchema,
      failure: v.nullable(v.string()),
      liveConnections: v.number(),
      totalConnections: v.number(),
    }),
  ),
  capturing: v.boolean(),
}) satisfies v.GenericSchema<unknown, NetworkView>;

const reportSchema = v.variant('t', [
  /** The relay takes orders from now on. */
  v.object({ t: v.literal('ready') }),
  v.object({
    t: v.literal('log'),
    level: v.picklist(['info', 'warning']),
    vmId: v.nullable(v.string()),
    message: v.string(),
  }),
  /** `view` is there in the answer to `view` only. */
  v.object({ t: v.literal('done'), request: count, view: v.optional(viewSchema) }),
  v.object({
    t: v.literal('failed'),
    request: count,
    error: v.object({ code: v.picklist(FAILURE_CODES), message: v.string() }),
  }),
  /** The far side of a link's port is gone. */
  v.object({ t: v.literal('link-ended'), link: count }),
]);
export type RelayReport = v.InferOutput<typeof reportSchema>;

/** What the app asked, or null when it is no order of this version. */
export function readOrder(message: unknown): RelayOrder | null {
  const parsed = v.safeParse(orderSchema, message);
  return parsed.success ? parsed.output : null;
}

/** What the relay said, or null when it is nothing this version knows. */
export function readReport(message: unknown): RelayReport | null {
  const parsed = v.safeParse(reportSchema, message);
  return parsed.success ? parsed.output : null;
}

/** An order without the number its answer will carry. */
type Unnumbered<Order> = Order extends { request: number } ? Omit<Order, 'request'> : never;
export type RelayRequest = Unnumbered<RelayOrder>;
