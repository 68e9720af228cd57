import * as v from 'valibot';

/** More often, and a machine would be busy with being saved. */
export const CHECKPOINT_MIN_MINUTES = 5;
/** A day: who wants fewer takes snapshots by hand. */
export const CHECKPOINT_MAX_MINUTES = 24 * 60;
/** Two days of one an hour; the list stays readable. */
export const CHECKPOINT_MAX_KEPT = 50;

/** How often a running VM is kept by itself, and how many of those snapshots there are at most. */
export const checkpointsSchema = v.object({
  everyMinutes: v.pipe(v.number(), v.integer(), v.minValue(CHECKPOINT_MIN_MINUTES), v.maxValue(CHECKPOINT_MAX_MINUTES)),
  keep: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(CHECKPOINT_MAX_KEPT)),
});
export type Checkpoints = Readonly<v.InferOutput<typeof checkpointsSchema>>;

/** What the page calls a snapshot that it takes by the clock. */
export const CHECKPOINT_NAME = 'Checkpoint';
