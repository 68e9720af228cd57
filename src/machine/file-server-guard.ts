import type { BufferChain, Cpu, StoredFileSystem } from './v86-internals.ts';

/** Linux errno values of 9P2000.L errors. */
const EIO = 5;
const ENOSPC = 28;
/** A request of Linux's 9p client is at most its msize (128 KiB here); more is a hostile guest. */
const REQUEST_MAX_BYTES = 1024 * 1024;

class GuestFilesFull extends Error {}

export interface GuardedFileServer {
  /** How many requests are open. */
  inFlight(): number;
  /** Has something done before each request; null for nothing. */
  beforeRequests(run: (() => void) | null): void;
}

/**
 * v86 answers a 9p request by an async function whose rejection nobody handles: the guest would
 * wait for ever. Here a failure becomes an error for that one request, and requests are counted so
 * that a save can wait until none is open (an open one would be lost by the restore).
 *
 * v86 has bound its own function before anyone can replace it, so the requests are taken from the
 * queue in its place: by the time it looks, there is none left.
 */
export function guardFileServer(cpu: Cpu): GuardedFileServer {
  const server = cpu.devices.virtio_9p;
  const queue = server.virtqueue;
  const hasRequest = queue.has_request.bind(queue);
  let inFlight = 0;
  let beforeRequest: (() => void) | null = null;
  const answer = async (chain: BufferChain): Promise<void> => {
    const tag = tagReader(chain);
    inFlight += 1;
    try {
      if (chain.length_readable > REQUEST_MAX_BYTES) throw new Error('a 9p request is impossibly long');
      await server.ReceiveRequest(chain);
    } catch (caught) {
      const isFull = caught instanceof GuestFilesFull;
      if (!isFull) console.warn('9p request failed, answered with EIO:', caught);
      server.SendError(tag(), isFull ? 'No space left on device' : 'Input/output error', isFull ? ENOSPC : EIO);
      server.SendReply(chain);
    } finally {
      inFlight -= 1;
    }
  };
  let draining = false;
  queue.has_request = () => {
    // Popping a request asks this too.
    if (draining) return hasRequest();
    draining = true;
    try {
      while (hasRequest()) {
        beforeRequest?.();
        void answer(queue.pop_request());
      }
    } finally {
      draining = false;
    }
    return false;
  };
  return {
    inFlight: () => inFlight,
    beforeRequests: (run) => {
      beforeRequest = run;
    },
  };
}

/** Notes the tag of the request that is about to be read from the chain. */
function tagReader(chain: BufferChain): () => number {
  let tag = 0;
  const takeBlob = chain.get_next_blob.bind(chain);
  chain.get_next_blob = (into) => {
    const taken = takeBlob(into);
    // size[4] type[1] tag[2], 9P2000.
    tag = (into[5] ?? 0) | ((into[6] ?? 0) << 8);
    return taken;
  };
  return () => tag;
}

/**
 * Bounds what the guest's own files may take of the process's memory; beyond it the guest gets
 * “No space left on device”. Called once the files of this machine are in place.
 * @param waitingBytes of files that will be put in place
 */
export function boundGuestFiles(fs: StoredFileSystem, maxBytes: number, waitingBytes: number): void {
  const sizeOf = (id: number): number => fs.inodedata[id]?.byteLength ?? 0;
  let heldBytes = Object.values(fs.inodedata).reduce((sum, bytes) => sum + bytes.byteLength, waitingBytes);
  // What `df` shows in the guest.
  fs.total_size = fs.used_size + maxBytes;

  const setData = fs.set_data.bind(fs);
  fs.set_data = async (id, bytes) => {
    const before = sizeOf(id);
    await setData(id, bytes);
    heldBytes += sizeOf(id) - before;
  };
  const deleteData = fs.DeleteData.bind(fs);
  fs.DeleteData = async (id) => {
    const before = sizeOf(id);
    await deleteData(id);
    heldBytes += sizeOf(id) - before;
  };
  const refuseBeyond = (id: number, neededBytes: number): void => {
    if (heldBytes - sizeOf(id) + neededBytes > maxBytes) throw new GuestFilesFull();
  };
  const changeSize = fs.ChangeSize.bind(fs);
  fs.ChangeSize = async (id, sizeBytes) => {
    refuseBeyond(id, sizeBytes);
    await changeSize(id, sizeBytes);
  };
  const write = fs.Write.bind(fs);
  fs.Write = async (id, offset, count, bytes) => {
    // v86 grows a file by half again when it is written beyond its end.
    if (offset + count > sizeOf(id)) refuseBeyond(id, Math.floor(1.5 * (offset + count)));
    await write(id, offset, count, bytes);
  };
}
