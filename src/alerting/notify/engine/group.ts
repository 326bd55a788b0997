import type { Clock } from '#base';
import { type Alert, compareAlerts, isResolved } from '../alert.ts';
import { NO_INSTANT } from '../instant.ts';
import { type Labels, printLabels } from '../labels.ts';
import type { Route } from './route-tree.ts';

/** Told of the alerts of a group when it is due. Resolves to whether all receivers know of them, or none needs to. */
export type Flush = (group: Group, alerts: readonly Alert[], nowMs: number, abort: AbortSignal) => Promise<boolean>;

/** A flush may take so long at least, however often the group is looked at. */
const LEAST_TIMEOUT_MS = 10_000;

/** Alerts of one node of the tree that are told together (alertmanager/dispatch.aggrGroup). */
export class Group {
  readonly route: Route;
  readonly labels: Labels;
  readonly key: string;
  readonly #clock: Clock;
  readonly #flush: Flush;
  readonly #ended: (group: Group) => void;
  readonly #alerts = new Map<string, Alert>();
  readonly #stop = new AbortController();
  #cancelTimer: () => void = () => {};
  /** A flush is under way; a tick that comes meanwhile is due right behind it. */
  #isFlushing = false;
  #isDue = false;
  #isRunning = false;
  #hasEnded = false;

  constructor(route: Route, labels: Labels, clock: Clock, flush: Flush, ended: (group: Group) => void) {
    this.route = route;
    this.labels = labels;
    this.key = `${route.key}:${printLabels(labels)}`;
    this.#clock = clock;
    this.#flush = flush;
    this.#ended = ended;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get alerts(): Iterable<Alert> {
    return this.#alerts.values();
  }

  insert(alert: Alert): void {
    this.#alerts.set(alert.fingerprint, alert);
  }

  /** Begins to wait: for `group_wait`, or for nothing where its first alert is older than that. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const [first] = this.#alerts.values();
    const { groupWaitMs } = this.route;
    const isOld = first !== undefined && first.startsAt.ms + groupWaitMs < this.#clock.nowMs();
    this.#wait(isOld ? 0 : groupWaitMs);
  }

  /** Ends what is under way. */
  stop(): void {
    this.#hasEnded = true;
    this.#cancelTimer();
    this.#stop.abort();
  }

  #wait(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(ms, () => this.#tick());
  }

  #tick(): void {
    if (this.#isFlushing) {
      this.#isDue = true;
      return;
    }
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#isFlushing = true;
    do {
      this.#isDue = false;
      this.#wait(this.route.groupIntervalMs);
      await this.#flushNow();
    } while (this.#isDue && !this.#hasEnded);
    this.#isFlushing = false;
  }

  async #flushNow(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const known = Array.from(this.#alerts.values());
    const resolved = known.filter((alert) => isResolved(alert, nowMs));
    // Those that fire have no end for receivers, and don't end while they are told of.
    const alerts = known.map((alert) => (isResolved(alert, nowMs) ? alert : { ...alert, endsAt: NO_INSTANT }));
    const timeout = new AbortController();
    const cancel = this.#clock.after(Math.max(LEAST_TIMEOUT_MS, this.route.groupIntervalMs), () => timeout.abort());
    const abort = AbortSignal.any([this.#stop.signal, timeout.signal]);
    let isTold = false;
    try {
      isTold = await this.#flush(this, alerts.sort(compareAlerts), nowMs, abort);
    } finally {
      cancel();
    }
    if (!isTold || this.#hasEnded) return;
    for (const alert of resolved)
      if (this.#alerts.get(alert.fingerprint) === alert) this.#alerts.delete(alert.fingerprint);
    if (this.#alerts.size > 0) return;
    this.stop();
    this.#ended(this);
  }
}
