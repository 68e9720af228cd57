import { ETHERNET_FRAME_BYTES, FRAME_MIN_BYTES, SUPER_FRAME_BYTES, type FrameLink } from '../shared/link/frame-link.ts';
import type { BufferChain, VirtioDevice, VirtQueue } from './v86-internals.ts';
import { finishSentFrame, NET_HEADER_BYTES, writeReceiveHeader } from './virtio-net-header.ts';

/** Feature bits of virtio-net (virtio 1.2, 5.1.3). */
const CSUM = 0;
const GUEST_CSUM = 1;
const GUEST_TSO4 = 7;
const GUEST_TSO6 = 8;
const HOST_TSO4 = 11;
const HOST_TSO6 = 12;
const MRG_RXBUF = 15;

/** What v86's card does not do by itself and this file adds. All of them are in the first word of features. */
const ADDED_FEATURES = [CSUM, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, HOST_TSO4, HOST_TSO6, MRG_RXBUF];

const DRIVER_OK = 4;

/**
 * Linux fills the receive queue with buffers of 1.5 to 4 KiB for as long as the card is up, and they are in every
 * state. 256 of them hold what arrives in a slice of guest time at more than the guest can take.
 */
const RECEIVE_BUFFERS = 256;

/** Frames waiting for guest buffers. A TCP window is at most a few MiB; more would only add delay. */
const WAITING_MAX_BYTES = 4 * 1024 * 1024;

export interface CardCounters {
  readonly framesSent: number;
  readonly framesReceived: number;
  /** No room in the guest and in the queue before it, too long for its driver, or badly described by it. */
  readonly framesDropped: number;
}

/**
 * The guest's network card: v86's virtio-net, made to hand over and take TCP super segments without checksums, and
 * to keep frames that the guest has no buffer for instead of losing them. v86's own code sends (`transmit`); receiving
 * is all here, in place of its bus event.
 */
export class NetworkCard {
  private link: FrameLink | null = null;
  /** What the link was told last. */
  private announcedBytes = 0;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private isDrainScheduled = false;
  private readonly header = new Uint8Array(NET_HEADER_BYTES);
  private readonly counts = { framesSent: 0, framesReceived: 0, framesDropped: 0 };
  private readonly device: VirtioDevice;
  private readonly isGuestRunning: () => boolean;

  /** Before the guest runs or a state is put in its place: its driver finds the features then. */
  constructor(device: VirtioDevice, isGuestRunning: () => boolean) {
    this.device = device;
    this.isGuestRunning = isGuestRunning;
    const added = ADDED_FEATURES.reduce((bits, feature) => bits | (1 << feature), 0);
    // A restored state brings its own features, those its guest has agreed on with this same card.
    device.device_feature[0] = (device.device_feature[0] ?? 0) | added;
    device.driver_feature.set(device.device_feature);
    const receiveQueue = device.queues[0];
    if (receiveQueue) {
      receiveQueue.size_supported = RECEIVE_BUFFERS;
      receiveQueue.set_size(RECEIVE_BUFFERS);
    }
  }

  get counters(): CardCounters {
    return this.counts;
  }

  /** The longest frame the guest's driver takes. */
  get maxFrameBytes(): number {
    return this.isAgreed(GUEST_TSO4) && this.isAgreed(GUEST_TSO6) ? SUPER_FRAME_BYTES : ETHERNET_FRAME_BYTES;
  }

  /** Plugs a cable in, in place of the one before, or takes it out. Without one, frames are lost as on a real card. */
  plug(link: FrameLink | null): void {
    this.link = link;
    this.announcedBytes = 0;
    link?.onFrame((frame) => {
      if (link === this.link) this.receive(frame);
    });
    // A guest that runs already has made up its mind; another one does before its first frame.
    if (this.isDriverUp()) this.announce();
  }

  /** A frame of the guest, behind the header it wrote in the same buffer: what v86's `net0-send` gives. */
  transmit(frame: Uint8Array): void {
    if (this.link === null) return;
    const isDescribed = frame.byteOffset >= NET_HEADER_BYTES && frame.byteLength >= FRAME_MIN_BYTES;
    const header = isDescribed
      ? new Uint8Array(frame.buffer, frame.byteOffset - NET_HEADER_BYTES, NET_HEADER_BYTES)
      : null;
    if (header === null || !finishSentFrame(header, frame)) {
      this.counts.framesDropped += 1;
      return;
    }
    this.announce();
    this.counts.framesSent += 1;
    this.link.send(frame);
  }

  /**
   * Gives waiting frames to the guest as far as it has buffers: after each slice it ran. @returns whether it got any
   */
  drain(): boolean {
    if (this.waiting.length === 0 || !this.isGuestRunning()) return false;
    const queue = this.device.queues[0];
    if (!queue?.is_configured() || !this.isDriverUp()) {
      this.loseWaiting();
      return false;
    }
    let given = 0;
    for (const frame of this.waiting) {
      if (!this.give(queue, frame)) break;
      this.waitingBytes -= frame.byteLength;
      given += 1;
    }
    if (given === 0) return false;
    this.waiting = this.waiting.slice(given);
    // One interrupt for all of them.
    queue.flush_replies();
    return true;
  }

  /** A frame for the guest. */
  receive(frame: Uint8Array): void {
    const isTooLong = frame.byteLength > this.maxFrameBytes;
    if (isTooLong || this.waitingBytes + frame.byteLength > WAITING_MAX_BYTES) {
      this.counts.framesDropped += 1;
      return;
    }
    this.waiting.push(frame);
    this.waitingBytes += frame.byteLength;
    if (this.isDrainScheduled) return;
    this.isDrainScheduled = true;
    // A microtask: the frames that arrived in one message go to the guest together.
    void Promise.resolve().then(() => {
      this.isDrainScheduled = false;
      this.drain();
    });
  }

  /**
   * Puts a frame into guest buffers. @returns false when there are too few of them now
   */
  private give(queue: VirtQueue, frame: Uint8Array): boolean {
    const bytes = NET_HEADER_BYTES + frame.byteLength;
    const chains: BufferChain[] = [];
    const firstIndex = queue.avail_last_idx;
    // Without mergeable buffers a frame has to fit into one.
    const chainsMax = this.isAgreed(MRG_RXBUF) ? queue.size : 1;
    let room = 0;
    while (room < bytes && chains.length < chainsMax && queue.has_request()) {
      const chain = queue.pop_request();
      chains.push(chain);
      room += Math.max(0, chain.length_writable);
    }
    if (room < bytes) {
      // Put back what was taken; a frame that can never fit is lost, else it would block those behind it.
      queue.avail_last_idx = firstIndex;
      const canNeverFit = chains.length === chainsMax;
      if (canNeverFit) this.counts.framesDropped += 1;
      return canNeverFit;
    }
    writeReceiveHeader(this.header, frame, {
      isChecksumTrusted: this.isAgreed(GUEST_CSUM),
      buffers: chains.length,
    });
    let at = 0;
    for (const [index, chain] of chains.entries()) {
      let chainRoom = chain.length_writable;
      if (index === 0) {
        chain.set_next_blob(this.header);
        chainRoom -= NET_HEADER_BYTES;
      }
      const piece = frame.subarray(at, at + Math.max(0, chainRoom));
      chain.set_next_blob(piece);
      at += piece.byteLength;
      queue.push_reply(chain);
    }
    this.counts.framesReceived += 1;
    return true;
  }

  private loseWaiting(): void {
    this.counts.framesDropped += this.waiting.length;
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private announce(): void {
    const takes = this.maxFrameBytes;
    if (takes === this.announcedBytes) return;
    this.announcedBytes = takes;
    this.link?.announce(takes);
  }

  private isDriverUp(): boolean {
    return (this.device.device_status & DRIVER_OK) !== 0;
  }

  private isAgreed(feature: number): boolean {
    return this.isDriverUp() && ((this.device.driver_feature[0] ?? 0) & (1 << feature)) !== 0;
  }
}
