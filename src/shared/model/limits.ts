/** Bounds of the product, each with the reason for its value. */

export const MIB = 1024 * 1024;

/** v86 takes at most 2 GiB − 128 KiB of RAM; whole MiB below that. */
export const MEMORY_MAX_MIB = 2047;
/** Below this Linux with our kernel does not reach a prompt with room to work in. */
export const MEMORY_MIN_MIB = 48;

/** Long enough for a sentence, short enough for a tab and a file listing. */
export const NAME_MAX_CHARACTERS = 64;

/** Three virtio consoles carry terminals; the fourth belongs to the guest agent. */
export const TERMINAL_COUNT = 3;

/** Terminal sizes a guest program can make sense of (a `winsize` holds 16 bits). */
export const TERMINAL_MAX_COLUMNS = 1000;
export const TERMINAL_MAX_ROWS = 500;

/**
 * An imported file is held in the VM's memory and in every later state of it,
 * so it is bounded well below the 4 GiB that v86's 9p could address.
 */
export const IMPORT_MAX_BYTES = 1024 * 1024 * 1024;

/** Files that are dragged out lie on the host first: no more than is copied while a person holds the mouse. */
export const DRAG_MAX_BYTES = 64 * MIB;
/** So many can be dragged out together. */
export const DRAG_MAX_FILES = 64;

/**
 * What a guest may hold in files it wrote. All of it lives in the memory of the process that runs every
 * VM, and is in each state of this one.
 */
export const GUEST_FILES_MAX_BYTES = 1024 * 1024 * 1024;

/** Raw output kept per console to redraw its screen after a restore or a reload. */
export const CONSOLE_HISTORY_BYTES = 256 * 1024;

/** Bytes a console may have sent to its viewer before the viewer said it drew them. */
export const CONSOLE_UNACKED_MAX_BYTES = 1024 * 1024;

/** Bytes of pasted or typed input waiting for the guest, per console. */
export const CONSOLE_INPUT_MAX_BYTES = 64 * 1024 * 1024;
