/** Bounds of a folder that is copied into or out of a machine. Its bytes are bounded like a file's (IMPORT_MAX_BYTES). */

/** A Debian root has some 30,000 and a large `node_modules` 150,000; beyond this a guest is filling the disk with names. */
export const TREE_MEMBERS_MAX = 250_000;
/** No tool makes folders that deep, and every level costs a look at the disk. */
export const TREE_DEPTH_MAX = 128;
/** Linux's own bound for one name. */
export const TREE_NAME_MAX_BYTES = 255;
/** Half of what Linux allows, so that it fits below any folder of the host. */
export const TREE_PATH_MAX_BYTES = 2048;
/** What was left out is counted; this many are named. */
export const TREE_EXAMPLES_MAX = 20;
