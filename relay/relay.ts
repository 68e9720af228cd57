import { performance } from 'node:perf_hooks';
import type { FrameLink } from '../src/shared/link/frame-link.ts';
import { SUPER_FRAME_BYTES } from '../src/shared/link/frame-link.ts';
import type { NetworkSettings, NetworkView } from '../src/shared/model/network.ts';
import { err, FailureError, ok, unwrap, type Result } from '../src/shared/result.ts';
import { CaptureFile } from './host/capture-file.ts';
import { Host } from './host/host.ts';
import { HostAddressWatch, hostAddresses, hostDnsServers, type DnsServer } from './host/host-network.ts';
import type { PingerOptions } from './host/pinger.ts';
import { randomNumbers } from './host/random-numbers.ts';
import { LogThrottle, type RelayLogEntry } from './relay-log.ts';
import { LINKS_MAX, Network } from './stack/network.ts';
import { compilePolicy } from './stack/policy/policy.ts';

export interface VmIdentity {
  readonly id: string;
  readonly name: string;
}

export interface RelayOptions {
  log(entry: RelayLogEntry): void;
  /** Instead of the host's own. */
  readonly dnsServers?: readonly DnsServer[];
  readonly ping?: PingerOptions;
  readonly dialTimeoutMs?: number;
}

export interface AttachOptions {
  readonly vm: VmIdentity;
  readonly settings: NetworkSettings;
  /** The far side has ended the link; not called for `detach`. */
  readonly onEnd?: () => void;
}

/** One VM on the relay, until either side ends its link. */
export interface RelayLink {
  readonly vm: VmIdentity;
  readonly isAttached: boolean;
  /** Takes effect at once, also for live connections. Fails, and keeps what was, when a rule makes no sense. */
  configure(settings: NetworkSettings): Result<void>;
  /** Null once detached. */
  view(): NetworkView | null;
  /** Writes every frame of this VM to a pcapng file, replacing it. */
  startCapture(path: string): Promise<Result<void>>;
  stopCapture(): Promise<void>;
  /** Resets the VM's connections, closes its forwards and its link. */
  detach(): void;
}

interface Attached {
  /** The network's name for it. */
  id: number;
  readonly link: FrameLink;
  readonly vm: VmIdentity;
  settings: NetworkSettings;
  maxFrameBytes: number;
  capture: CaptureFile | null;
  readonly throttle: LogThrottle;
}

/** The longest a Node timer takes. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** A bug that hostile frames can reach shows itself in a few lines; after these, every further one is the same. */
const BUGS_LOGGED_MAX = 20;

/**
 * The network with everything that is not pure: sockets, clock, randomness, links. Whatever one batch of frames or one
 * event causes is finished by one microtask (host writes, timer), so that the cost of scheduling is paid per batch and
 * not per frame.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #host: Host;
  readonly #network: Network;
  readonly #attached = new Map<number, Attached>();
  /** The network keeps this very array and reads it whenever a policy is made. */
  readonly #hostAddresses: string[];
  readonly #hostWatch: HostAddressWatch;
  #lastLinkId = 0;
  /** The network never runs inside itself: what its own effects cause at once waits here until it has returned. */
  #isInside = false;
  #held: (() => void)[] = [];
  #isBatchOpen = false;
  #timer: NodeJS.Timeout | null = null;
  #timerDueMs = Infinity;
  #bugs = 0;
  #isClosed = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    const given = options.dnsServers;
    const dnsServers = given ? () => given : hostDnsServers(() => performance.now());
    this.#host = new Host(
      {
        dnsServers,
        ...(options.ping && { ping: options.ping }),
        ...(options.dialTimeoutMs !== undefined && { dialTimeoutMs: options.dialTimeoutMs }),
      },
      {
        report: (event) => this.#enter(() => this.#network.hostEvent(event, performance.now())),
        log: (link, level, message) => this.#log(link, level, message),
      },
    );
    const { addresses, hasIpv6 } = hostAddresses();
    this.#hostAddresses = addresses;
    this.#hostWatch = new HostAddressWatch(addresses, performance.now());
    this.#network = new Network(
      {
        randomU32: randomNumbers(),
        hostHasIpv6: hasIpv6,
        hostAddresses: addresses,
        dnsServerCount: dnsServers().length,
      },
      {
        sendFrame: (link, frame) => this.#sendFrame(link, frame),
        effect: (effect) => {
          this.#host.carryOut(effect);
          if (effect.kind === 'tcp-dial' || effect.kind === 'udp-open') this.#lookAtHost();
        },
      },
    );
  }

  /** What is open now; all zero once every VM is gone. */
  get counts(): Host['counts'] & { links: number } {
    return { ...this.#host.counts, links: this.#attached.size };
  }

  /**
   * Puts a VM on the network. The link's listeners are the relay's from now on.
   * @throws FailureError when a rule of the settings makes no sense, or there are too many VMs
   */
  attach(link: FrameLink, { vm, settings, onEnd }: AttachOptions): RelayLink {
    unwrap(checkSettings(settings));
    if (this.#attached.size >= LINKS_MAX) {
      throw new FailureError('limit', `${LINKS_MAX} VMs are on the network already. Stop some of them.`);
    }
    const attached: Attached = {
      id: 0,
      link,
      vm,
      settings,
      maxFrameBytes: link.maxFrameBytes,
      capture: null,
      throttle: new LogThrottle(),
    };
    this.#connect(attached);
    link.onFrame((frame) => this.#receive(attached, frame));
    link.onClose(() => {
      if (this.#attached.get(attached.id) !== attached) return;
      this.#detach(attached);
      onEnd?.();
    });
    link.announce(SUPER_FRAME_BYTES);
    const isAttached = (): boolean => this.#attached.get(attached.id) === attached;
    return {
      vm,
      get isAttached() {
        return isAttached();
      },
      configure: (changed) => {
        const checked = checkSettings(changed);
        if (!checked.ok) return checked;
        attached.settings = changed;
        this.#configure(attached);
        return ok();
      },
      view: () => (isAttached() ? this.#view(attached) : null),
      startCapture: (path) => this.#startCapture(attached, path),
      stopCapture: () => this.#stopCapture(attached),
      detach: () => {
        this.#detach(attached);
        link.close();
      },
    };
  }

  /** Ends every link and closes every socket. */
  close(): void {
    this.#isClosed = true;
    for (const attached of [...this.#attached.values()]) {
      this.#detach(attached);
      attached.link.close();
    }
    this.#host.close();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #connect(attached: Attached): void {
    this.#lastLinkId += 1;
    attached.id = this.#lastLinkId;
    attached.maxFrameBytes = attached.link.maxFrameBytes;
    this.#attached.set(attached.id, attached);
    const { id, vm, settings, maxFrameBytes } = attached;
    this.#enter(() => this.#network.attach({ id, vm, settings, maxFrameBytes }, performance.now()));
  }

  #configure(attached: Attached): void {
    const { id, settings } = attached;
    if (this.#attached.get(id) !== attached) return;
    this.#enter(() => this.#network.configure(id, settings, performance.now()));
  }

  /**
   * A VM must not reach the host by an address that is newer than its policy. The new policies are enforced on the
   * connection that led here, too.
   */
  #lookAtHost(): void {
    const addresses = this.#hostWatch.changed(performance.now());
    if (addresses === null) return;
    this.#hostAddresses.splice(0, this.#hostAddresses.length, ...addresses);
    const { hasIpv6 } = hostAddresses();
    this.#enter(() => this.#network.hostMoved(hasIpv6, performance.now()));
    for (const attached of this.#attached.values()) this.#configure(attached);
  }

  #disconnect(attached: Attached): void {
    const { id } = attached;
    if (this.#attached.delete(id)) this.#enter(() => this.#network.detach(id, performance.now()));
  }

  #detach(attached: Attached): void {
    this.#disconnect(attached);
    void this.#stopCapture(attached);
  }

  #receive(attached: Attached, frame: Uint8Array): void {
    if (this.#isInside) {
      this.#held.push(() => this.#receive(attached, frame));
      return;
    }
    if (this.#attached.get(attached.id) !== attached) return;
    const { maxFrameBytes } = attached.link;
    if (maxFrameBytes !== attached.maxFrameBytes) {
      attached.maxFrameBytes = maxFrameBytes;
      this.#network.setMaxFrameBytes(attached.id, maxFrameBytes, performance.now());
    }
    attached.capture?.write(frame, 'out');
    this.#isInside = true;
    try {
      this.#network.receive(attached.id, frame, performance.now());
    } catch (bug) {
      this.#logBug(bug);
    } finally {
      this.#isInside = false;
    }
    if (this.#held.length > 0) this.#runHeld();
    this.#openBatch();
  }

  #sendFrame(id: number, frame: Uint8Array): void {
    const attached = this.#attached.get(id);
    if (!attached) return;
    attached.capture?.write(frame, 'in');
    attached.link.send(frame);
  }

  /** Runs a call of the network, or holds it back while another is at work. */
  #enter(call: () => void): void {
    if (this.#isInside) {
      this.#held.push(call);
      return;
    }
    this.#isInside = true;
    try {
      call();
    } catch (bug) {
      this.#logBug(bug);
    } finally {
      this.#isInside = false;
    }
    if (this.#held.length > 0) this.#runHeld();
    this.#openBatch();
  }

  #runHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const call of held) this.#enter(call);
  }

  #openBatch(): void {
    if (this.#isBatchOpen || this.#isClosed) return;
    this.#isBatchOpen = true;
    queueMicrotask(() => this.#endBatch());
  }

  #endBatch(): void {
    this.#isBatchOpen = false;
    this.#host.flush();
    this.#armTimer();
  }

  /** A timer that comes too early only looks again, so one that is armed already is left alone. */
  #armTimer(): void {
    const dueMs = this.#network.nextTimerMs();
    if (dueMs === null || this.#isClosed || (this.#timer && this.#timerDueMs <= dueMs)) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    const delayMs = Math.min(TIMER_MAX_MS, Math.max(1, Math.ceil(dueMs - performance.now())));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#enter(() => this.#network.tick(performance.now()));
    }, delayMs);
  }

  #view(attached: Attached): NetworkView | null {
    const view = this.#network.view(attached.id, performance.now());
    if (view === null) return null;
    const { counters } = attached.link;
    return {
      ...view,
      counters: {
        ...view.counters,
        droppedFrames: view.counters.droppedFrames + counters.framesDropped,
        malformedFrames: view.counters.malformedFrames + counters.malformed,
      },
      capturing: attached.capture !== null,
    };
  }

  async #startCapture(attached: Attached, path: string): Promise<Result<void>> {
    const opened = await CaptureFile.open(path, (reason) => {
      if (attached.capture === capture) attached.capture = null;
      this.#log(attached.id, 'warning', reason);
    });
    if (!opened.ok) return opened;
    const capture = opened.value;
    const before = attached.capture;
    attached.capture = capture;
    // The link may have ended meanwhile, and nobody else would close the file.
    if (this.#attached.get(attached.id) !== attached) await this.#stopCapture(attached);
    await this.#closeCapture(attached, before);
    return ok();
  }

  async #stopCapture(attached: Attached): Promise<void> {
    const { capture } = attached;
    attached.capture = null;
    await this.#closeCapture(attached, capture);
  }

  async #closeCapture(attached: Attached, capture: CaptureFile | null): Promise<void> {
    const missing = (await capture?.close()) ?? 0;
    if (missing > 0) {
      this.#log(attached.id, 'warning', `${missing} frames are missing in the capture: the disk was too slow.`);
    }
  }

  #log(id: number | null, level: 'info' | 'warning', message: string): void {
    const attached = id === null ? undefined : this.#attached.get(id);
    const vmId = attached?.vm.id ?? null;
    const lines = attached ? attached.throttle.pass(message, performance.now()) : [message];
    for (const line of lines) this.#options.log({ level, vmId, message: line });
  }

  /**
   * A fault of ours that a frame or an event of one VM has uncovered must cost that frame, not every VM's network. It is
   * said loudly, since it is a bug.
   */
  #logBug(bug: unknown): void {
    this.#bugs += 1;
    if (this.#bugs > BUGS_LOGGED_MAX) return;
    const what = bug instanceof Error ? (bug.stack ?? bug.message) : String(bug);
    this.#log(null, 'warning', `The network has a bug; a frame or event was lost and the rest goes on. ${what}`);
  }
}

function checkSettings(settings: NetworkSettings): Result<void> {
  const compiled = compilePolicy(settings);
  return compiled.ok ? ok() : err('bad-input', compiled.message);
}
