import * as v from 'valibot';

/** What the user can set. Stored by main through electron-store, validated on every read. */
export const settingsSchema = v.object({
  theme: v.fallback(v.picklist(['system', 'light', 'dark']), 'system'),
  terminalFontSize: v.fallback(v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(32)), 14),
  scrollbackLines: v.fallback(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(100_000)), 10_000),
  sidebarWidth: v.fallback(v.pipe(v.number(), v.minValue(180), v.maxValue(480)), 248),
});
export type Settings = v.InferOutput<typeof settingsSchema>;

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  terminalFontSize: 14,
  scrollbackLines: 10_000,
  sidebarWidth: 248,
};

/** A change to some settings. Unlike reading, a bad value here is refused, not replaced. */
export const settingsPatch = v.partial(
  v.strictObject({
    theme: v.picklist(['system', 'light', 'dark']),
    terminalFontSize: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(32)),
    scrollbackLines: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(100_000)),
    sidebarWidth: v.pipe(v.number(), v.minValue(180), v.maxValue(480)),
  }),
);
