import { RelayClient, type RelayProcess } from '../../relay/control-client.ts';
import type { VmIdentity } from '../../relay/relay.ts';
import type { NetworkSettings, NetworkView } from '../shared/model/network.ts';
import type { RelayStatus } from '../shared/model/relay-status.ts';
import { err, ok, type Result } from '../shared/result.ts';
import { planRestart } from './relay-restarts.ts';

/** The relay's process, from its start to its end. */
export interface RelayChild<Port> extends RelayProcess<Port> {
  /** Called once, however it ended. */
  onExit(listener: () => void): void;
  kill(): void;
}

export interface RelaySupervisorDependencies<Port> {
  startProcess(): RelayChild<Port>;
  newPortId(): string;
  /** Creates a channel, gives the page one end under that id and returns the other. */
  openPort(portId: string): Port;
  /** A monotonic clock. */
  nowMs(): number;
  /** @returns what calls it off */
  after(delayMs: number, run: () => void): () => void;
  onStatus(status: RelayStatus): void;
  log(sentence: string): void;
}

export interface AttachRequest {
  readonly vm: VmIdentity;
  readonly settings: NetworkSettings;
  /** The VM has a new link, by the id of its port: the relay was away, or the link was lost. */
  onLink(portId: string): void;
}

/** One machine's place on the network, over all relay processes there are in its life. */
export interface Attachment {
  /** Names the port of the first link; null while the relay is away. */
  readonly linkPortId: string | null;
  /** Applies settings at once, and to each relay that comes after. */
  configure(settings: NetworkSettings): Promise<Result<void>>;
  /** Null while there is no link. */
  view(): Promise<Result<NetworkView | null>>;
  startCapture(path: string): Promise<Result<void>>;
  stopCapture(): Promise<Result<void>>;
  detach(): void;
}

/** How often a relay that says nothing by itself is asked whether it still answers. */
const WATCH_MS = 10_000;
/** A link that was lost alone is made anew after this: when its VM has just ended, it is detached by then. */
const RELINK_MS = 500;

/** One life of the relay's process. */
interface Life<Port> {
  readonly client: RelayClient<Port>;
  readonly child: RelayChild<Port>;
  readonly startedMs: number;
}

interface Place {
  readonly request: AttachRequest;
  settings: NetworkSettings;
  /** The link's number in the present life. */
  link: number | null;
  /** Why the relay did not take it. */
  refusal: string | null;
}

/**
 * Keeps the relay running while the app does: starts it for the first VM, starts it again when it ends or hangs, and
 * then gives every VM a new link. VMs notice no more than a cable that was pulled and plugged in again.
 */
export class RelaySupervisor<Port> {
  private readonly dependencies: RelaySupervisorDependencies<Port>;
  private readonly places = new Set<Place>();
  private life: Life<Port> | null = null;
  private current: RelayStatus = { phase: 'idle', restarts: 0 };
  private quickDeaths = 0;
  private cancelTimer = (): void => undefined;
  private isDisposed = false;

  constructor(dependencies: RelaySupervisorDependencies<Port>) {
    this.dependencies = dependencies;
  }

  get status(): RelayStatus {
    return this.current;
  }

  attach(request: AttachRequest): Attachment {
    const place: Place = { request, settings: request.settings, link: null, refusal: null };
    if (this.current.phase === 'idle' && !this.life) this.start();
    this.places.add(place);
    const linkPortId = this.link(place);
    return {
      linkPortId,
      configure: async (settings) => {
        const isMoving = settings.lan !== place.settings.lan;
        place.settings = settings;
        // Without a link they apply with the next one.
        const asked = this.linked(place);
        if (!asked) return ok();
        if (!isMoving) return asked.client.configure(asked.link, settings);
        // Another LAN is another cable: the guest asks for an address there as soon as it is plugged in.
        void asked.client.detach(asked.link);
        this.offer(place);
        return ok();
      },
      view: () => this.view(place),
      startCapture: async (path) => {
        const asked = this.linked(place);
        if (!asked)
          return err('io', 'The VM has no network now, so there is nothing to capture. Try again in a moment.');
        return asked.client.startCapture(asked.link, path);
      },
      stopCapture: async () => {
        const asked = this.linked(place);
        return asked ? asked.client.stopCapture(asked.link) : ok();
      },
      detach: () => {
        if (!this.places.delete(place)) return;
        const asked = this.linked(place);
        place.link = null;
        if (asked) void asked.client.detach(asked.link);
      },
    };
  }

  /** Ends the relay for good. */
  dispose(): void {
    this.isDisposed = true;
    this.cancelTimer();
    this.life?.client.lost();
    this.life?.child.kill();
    this.life = null;
    this.places.clear();
  }

  private start(): void {
    const { dependencies } = this;
    this.cancelTimer();
    let child: RelayChild<Port>;
    try {
      child = dependencies.startProcess();
    } catch (cause) {
      dependencies.log(`The relay could not be started: ${cause instanceof Error ? cause.message : String(cause)}`);
      this.planNext(0);
      return;
    }
    const client = new RelayClient(child, {
      ready: () => {
        if (this.life === life) this.tell({ phase: 'running', restarts: this.current.restarts });
      },
      log: ({ level, vmId, message }) => {
        if (level === 'warning') dependencies.log(vmId === null ? message : `${vmId}: ${message}`);
      },
      linkEnded: (link) => this.linkEnded(life, link),
    });
    const life: Life<Port> = { client, child, startedMs: dependencies.nowMs() };
    this.life = life;
    child.onExit(() => this.ended(life));
    this.watch(life);
  }

  private ended(life: Life<Port>): void {
    life.client.lost();
    if (this.life !== life) return;
    this.life = null;
    this.cancelTimer();
    for (const place of this.places) place.link = null;
    const livedMs = this.dependencies.nowMs() - life.startedMs;
    this.dependencies.log(`The relay ended after ${Math.round(livedMs / 1000)} s and is being started again.`);
    this.planNext(livedMs);
  }

  private planNext(livedMs: number): void {
    if (this.isDisposed) return;
    const { quickDeaths, delayMs, phase } = planRestart(this.quickDeaths, livedMs);
    this.quickDeaths = quickDeaths;
    this.tell({ phase, restarts: this.current.restarts });
    if (delayMs === 0) this.restart();
    else this.cancelTimer = this.dependencies.after(delayMs, () => this.restart());
  }

  private restart(): void {
    this.current = { ...this.current, restarts: this.current.restarts + 1 };
    this.start();
    for (const place of this.places) if (place.link === null) this.offer(place);
  }

  /** Gives a VM a new link, if the relay is there to have its other end. */
  private offer(place: Place): void {
    const portId = this.link(place);
    if (portId !== null) place.request.onLink(portId);
  }

  /** @returns the id of the port that the page is given, or null while the relay is away */
  private link(place: Place): string | null {
    const { life } = this;
    if (!life) return null;
    const portId = this.dependencies.newPortId();
    const { link, attached } = life.client.attach(place.request.vm, place.settings, this.dependencies.openPort(portId));
    place.link = link;
    place.refusal = null;
    void attached.then((result) => {
      if (result.ok || place.link !== link || this.life !== life) return;
      place.link = null;
      place.refusal = result.error.message;
      this.dependencies.log(`${place.request.vm.name} has no network: ${result.error.message}`);
    });
    return portId;
  }

  private linked(place: Place): { readonly client: RelayClient<Port>; readonly link: number } | null {
    return this.life && place.link !== null ? { client: this.life.client, link: place.link } : null;
  }

  private linkEnded(life: Life<Port>, link: number): void {
    const place = [...this.places].find((candidate) => candidate.link === link);
    if (this.life !== life || !place) return;
    place.link = null;
    this.dependencies.after(RELINK_MS, () => {
      if (this.places.has(place) && place.link === null && this.life === life) this.offer(place);
    });
  }

  private async view(place: Place): Promise<Result<NetworkView | null>> {
    const asked = this.linked(place);
    if (!asked) return place.refusal === null ? ok(null) : err('unsupported', place.refusal);
    const result = await asked.client.view(asked.link);
    // The relay or the VM went away while it was asked.
    if (!result.ok && (result.error.code === 'not-found' || this.life?.client !== asked.client)) return ok(null);
    return result;
  }

  /** A relay that hangs is ended: its end is noticed, and what follows is the same as after any other end. */
  private watch(life: Life<Port>): void {
    this.cancelTimer = this.dependencies.after(WATCH_MS, () => {
      const place = [...this.places].find((candidate) => candidate.link !== null);
      const link = place?.link ?? null;
      if (link === null) {
        this.watch(life);
        return;
      }
      void life.client.view(link).then((result) => {
        if (this.life !== life) return;
        if (result.ok || result.error.code !== 'io') this.watch(life);
        else life.child.kill();
      });
    });
  }

  private tell(status: RelayStatus): void {
    this.current = status;
    this.dependencies.onStatus(status);
  }
}
