import { type Clock, type Logger, messageOf } from '#base';
import { type Alert, isResolved, makeAlert, mistakeInAlert } from './alert.ts';
import type { NotifyConfig, ReceiverConfig } from './config/file.ts';
import { AlertStore } from './engine/alert-store.ts';
import { Dispatcher } from './engine/dispatcher.ts';
import type { NotifyDocuments } from './engine/documents.ts';
import type { Group } from './engine/group.ts';
import { Inhibitor } from './engine/inhibitor.ts';
import { DEFAULT_NOTIFY_LIMITS, type NotifyLimits, SWEEP_MS } from './engine/limits.ts';
import { NotificationCounters, type NotificationCounts } from './engine/notification-counts.ts';
import { NotificationLog, reasonToNotify } from './engine/notification-log.ts';
import { sendWithRetries } from './engine/retry.ts';
import { makeRoutes, matchRoutes, type Route } from './engine/route-tree.ts';
import { Silences } from './engine/silences.ts';
import { type Instant, instantAt, isNoInstant } from './instant.ts';
import { type Labels, labelsOf } from './labels.ts';
import type { Notification } from './notification.ts';
import type { JsonSender } from './receivers/http-sender.ts';
import type { Sender } from './receivers/receiver.ts';
import { TemplateData } from './template/data.ts';
import { NotifyTemplates, type TemplateFile } from './template/templates.ts';
import { containsTime } from './time-interval.ts';
import { makeWays, type Way } from './ways.ts';

export interface NotifierSettings {
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly documents: NotifyDocuments;
  /** Where people see alerts and silences: the front of links in notifications, without a slash at the end. */
  readonly externalUrl: string;
  readonly version: string;
  readonly limits?: NotifyLimits;
  /** In place of clients by HTTP. */
  readonly transport?: JsonSender;
  /** Where several servers share a store: what they need to do as one. */
  readonly share?: NotifyShare;
}

export interface NotifyShare {
  /** Whether this server may tell receivers at this moment: asked before each attempt. */
  readonly isOwner: boolean;
  /** Is told of each alert that this server was told of, for the others. */
  tell(alerts: readonly Alert[]): void;
}

/** A configuration and the template files that it names. */
export interface NotifySetup {
  readonly config: NotifyConfig;
  readonly templates: readonly TemplateFile[];
  /** What it was read from, where that is more than one file. */
  readonly files?: readonly string[];
}

/** An alert as somebody tells it. Without a start it begins now; without an end it ends unless it is told again in time. */
export interface ToldAlert {
  readonly labels: Iterable<readonly [string, string]>;
  readonly annotations: Iterable<readonly [string, string]>;
  readonly startsAt?: Instant | undefined;
  readonly endsAt?: Instant | undefined;
  readonly generatorUrl?: string | undefined;
}

/** What one alert is for people: shown, or kept quiet, and by whom. */
export interface AlertStatus {
  readonly state: 'active' | 'suppressed';
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
}

export interface GroupView {
  readonly labels: Labels;
  readonly routeLabels: Labels;
  readonly receiver: string;
  readonly key: string;
  readonly alerts: readonly Alert[];
  /** Names of the time intervals that mute it now. */
  readonly mutedBy: readonly string[];
}

/** What comes from one configuration, and goes with it. */
interface Current {
  readonly setup: NotifySetup;
  readonly root: Route;
  readonly inhibitor: Inhibitor;
  readonly dispatcher: Dispatcher;
  readonly templates: NotifyTemplates;
  readonly ways: ReadonlyMap<string, readonly Way[]>;
  readonly close: () => void;
}

const ABSENT_ALERT_MS = 60_000;
/** An alert that ended is kept so long by a server that tells nobody, in case it has to go on for the one that does. */
const TOLD_BY_OTHERS_MS = 15 * 60_000;

/** Alertmanager: takes alerts, and tells receivers of them. All times come from the clock that it is given. */
export class Notifier {
  readonly silences: Silences;
  readonly startedAtMs: number;
  readonly #settings: NotifierSettings;
  readonly #limits: NotifyLimits;
  readonly #alerts: AlertStore;
  readonly #log: NotificationLog;
  readonly #counters = new NotificationCounters();
  #current: Current;
  #cancelTimers: (() => void)[] = [];
  #hasStopped = false;
  /** What was told before it was known what had been told; undefined from then on. */
  #waiting: ToldAlert[] | undefined = [];
  /** What receivers are being told. */
  readonly #sending = new Set<Promise<unknown>>();

  /** Throws a TemplateError where a template file can't be read. */
  constructor(setup: NotifySetup, settings: NotifierSettings) {
    const { clock, documents, limits = DEFAULT_NOTIFY_LIMITS } = settings;
    this.#settings = settings;
    this.#limits = limits;
    this.startedAtMs = clock.nowMs();
    this.silences = new Silences(documents, limits);
    this.#alerts = new AlertStore(limits.alerts);
    this.#log = new NotificationLog(documents, limits);
    this.#current = this.#make(setup);
    this.#counters.follow(this.#current.ways);
  }

  get nowMs(): number {
    return this.#settings.clock.nowMs();
  }

  get config(): NotifyConfig {
    return this.#current.setup.config;
  }

  /** Files of the configuration and the templates in use. */
  get files(): readonly string[] {
    const { files = [], templates } = this.#current.setup;
    return [...files, ...templates.map(({ name }) => name)];
  }

  /** Reads what was kept; alerts that are told before wait for it. Rejects where the store doesn't answer: try again. */
  async start(): Promise<void> {
    const nowMs = this.#settings.clock.nowMs();
    await this.#log.load(nowMs);
    const { unreadable } = await this.silences.load(nowMs);
    if (unreadable > 0)
      this.#settings.logger.warn(`${unreadable} silences of the store can't be read, and hide nothing`);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.receive(waiting);
    this.#repeat(SWEEP_MS, () => this.#sweep());
    this.#tellOfAbsent();
    this.#repeat(ABSENT_ALERT_MS, async () => this.#tellOfAbsent());
  }

  /** Goes over to another configuration; alerts, silences and what was told stay. Throws as the constructor, and then nothing changes. */
  reload(setup: NotifySetup): void {
    this.#goOver(setup, (alert, nowMs) => !isResolved(alert, nowMs));
  }

  /** New groups of the alerts that are wanted. */
  #goOver(setup: NotifySetup, isWanted: (alert: Alert, nowMs: number) => boolean): void {
    const before = this.#current;
    const next = this.#make(setup);
    this.#current = next;
    this.#counters.follow(next.ways);
    before.dispatcher.stop();
    before.close();
    const nowMs = this.#settings.clock.nowMs();
    for (const alert of this.#alerts.all()) {
      next.inhibitor.see(alert);
      if (isWanted(alert, nowMs)) next.dispatcher.dispatch(alert);
    }
    this.#tellOfAbsent();
  }

  stop(): void {
    this.#hasStopped = true;
    for (const cancel of this.#cancelTimers) cancel();
    this.#current.dispatcher.stop();
    this.#current.close();
  }

  /** What an alert was for other servers, as `see` takes it. */
  static shared({ labels, annotations, startsAt, endsAt, generatorUrl, isTimeout }: Alert): object {
    return {
      labels: Array.from(labels),
      annotations: Array.from(annotations),
      startsAt,
      ...(!isTimeout && { endsAt }),
      generatorUrl,
    };
  }

  /** Takes alerts that another server was told of, in the form of `shared`. */
  see(bodies: readonly unknown[]): void {
    this.#take(bodies.filter(isShared));
  }

  /** Begins to tell receivers in place of another server, from what that one noted. */
  async takeOver(): Promise<void> {
    const nowMs = this.#settings.clock.nowMs();
    await this.#log.load(nowMs);
    await this.silences.load(nowMs);
    // Those that are over, too: receivers may have heard of their beginning alone.
    if (!this.#hasStopped) this.#goOver(this.#current.setup, () => true);
  }

  /** Resolves when nobody is being told any more; what takes longer than `limitMs` is given up. For a server that is no longer the one that tells. */
  async settle(limitMs: number): Promise<void> {
    const limit = new Promise<void>((resolve) => this.#settings.clock.after(limitMs, resolve));
    await Promise.race([Promise.allSettled(this.#sending), limit]);
    // New groups, whose flushes say nothing.
    if (this.#sending.size > 0) this.#goOver(this.#current.setup, () => true);
  }

  /** Takes alerts. What is wrong with some doesn't hold up the others: one line for each. */
  receive(told: readonly ToldAlert[]): readonly string[] {
    const own: Alert[] = [];
    const mistakes = this.#take(told, own);
    if (own.length > 0) this.#settings.share?.tell(own);
    return mistakes;
  }

  #take(told: readonly ToldAlert[], taken: Alert[] = []): readonly string[] {
    const nowMs = this.#settings.clock.nowMs();
    const mistakes: string[] = [];
    for (const one of told) {
      if (this.#waiting !== undefined) {
        if (this.#waiting.length < this.#limits.alerts) this.#waiting.push(one);
        continue;
      }
      const alert = this.#read(one, nowMs);
      const mistake = mistakeInAlert(alert);
      if (mistake !== undefined) {
        mistakes.push(mistake);
        continue;
      }
      const known = this.#alerts.put(makeAlert(alert), nowMs);
      if (known === undefined) {
        mistakes.push(`there are more than ${this.#limits.alerts} alerts`);
        continue;
      }
      taken.push(known);
      this.#current.inhibitor.see(known);
      this.#current.dispatcher.dispatch(known);
    }
    return mistakes;
  }

  #read(told: ToldAlert, nowMs: number): Omit<Alert, 'fingerprint'> {
    const now = instantAt(nowMs);
    const isGiven = (instant: Instant | undefined): instant is Instant =>
      instant !== undefined && !isNoInstant(instant);
    const startsAt = isGiven(told.startsAt) ? told.startsAt : isGiven(told.endsAt) ? told.endsAt : now;
    const isTimeout = !isGiven(told.endsAt);
    return {
      labels: labelsOf(Array.from(told.labels).filter(([, value]) => value !== '')),
      annotations: labelsOf(told.annotations),
      startsAt,
      endsAt: isTimeout ? instantAt(nowMs + this.config.global.resolveTimeoutMs) : told.endsAt!,
      generatorUrl: told.generatorUrl ?? '',
      updatedAtMs: nowMs,
      isTimeout,
    };
  }

  /** What each receiver was to be told, since the start. */
  get counts(): readonly NotificationCounts[] {
    return this.#counters.all();
  }

  /** Alerts that are not over. */
  alerts(): readonly Alert[] {
    const nowMs = this.#settings.clock.nowMs();
    return Array.from(this.#alerts.all()).filter((alert) => !isResolved(alert, nowMs));
  }

  statusOf({ labels }: Alert): AlertStatus {
    const nowMs = this.#settings.clock.nowMs();
    const silencedBy = this.silences.matching(labels, nowMs);
    const inhibitedBy = this.#current.inhibitor.inhibits(labels, nowMs);
    const isQuiet = silencedBy.length > 0 || inhibitedBy !== undefined;
    return {
      state: isQuiet ? 'suppressed' : 'active',
      silencedBy,
      inhibitedBy: inhibitedBy === undefined ? [] : [inhibitedBy],
    };
  }

  /** The receivers that an alert with these labels goes to. */
  receiversOf(labels: Labels): readonly string[] {
    return matchRoutes(this.#current.root, labels).map(({ receiver }) => receiver);
  }

  groups(): readonly GroupView[] {
    const nowMs = this.#settings.clock.nowMs();
    return Array.from(this.#current.dispatcher.groups(), (group) => {
      const { route, labels, key } = group;
      const alerts = Array.from(group.alerts).filter((alert) => !isResolved(alert, nowMs));
      const mutedBy = this.#mutedBy(route, nowMs).flat();
      return {
        labels,
        routeLabels: this.#routeLabels(group, alerts, nowMs),
        receiver: route.receiver,
        key,
        alerts,
        mutedBy,
      };
    });
  }

  #make(setup: NotifySetup): Current {
    const { config } = setup;
    const { clock, logger, transport, externalUrl, version } = this.#settings;
    const templates = new NotifyTemplates(setup.templates, () => clock.nowMs());
    const root = makeRoutes(config.route);
    const made = makeWays(config, {
      clock,
      logger,
      version,
      templates,
      data: (notification) => new TemplateData(notification, externalUrl),
      ...(transport !== undefined && { transport }),
    });
    const dispatcher = new Dispatcher({
      root,
      clock,
      groupLimit: this.#limits.groups,
      flush: (group, alerts, nowMs, abort) => this.#flush(group, alerts, nowMs, abort),
      refused: () =>
        logger.error(
          `there are ${this.#limits.groups} groups of alerts; an alert that needs another is told to nobody`,
        ),
    });
    return { setup, root, inhibitor: new Inhibitor(config.inhibitRules), dispatcher, templates, ...made };
  }

  /** The stages of Alertmanager's pipeline: inhibition, times, silences, then each way of the receiver by itself. */
  async #flush(group: Group, alerts: readonly Alert[], nowMs: number, abort: AbortSignal): Promise<boolean> {
    if (this.#settings.share?.isOwner === false) {
      // The other one has told of what ended long ago.
      return alerts.every((alert) => alert.endsAt.ms < nowMs - TOLD_BY_OTHERS_MS && isResolved(alert, nowMs));
    }
    const { inhibitor, ways } = this.#current;
    const heard = alerts.filter(({ labels }) => inhibitor.inhibits(labels, nowMs) === undefined);
    if (heard.length === 0) return true;
    if (this.#mutedBy(group.route, nowMs).some((names) => names.length > 0)) return true;
    const told = heard.filter(({ labels }) => this.silences.matching(labels, nowMs).length === 0);
    if (told.length === 0) return true;
    const routeLabels = this.#routeLabels(group, alerts, nowMs);
    const receiverWays = ways.get(group.route.receiver) ?? [];
    const results = await Promise.all(
      receiverWays.map((way) => this.#tell(way, { group, alerts: told, routeLabels, nowMs, abort })),
    );
    return results.every(Boolean);
  }

  async #tell(way: Way, due: Due): Promise<boolean> {
    const { group, alerts, nowMs } = due;
    const { logger, clock, random } = this.#settings;
    const fires = alerts.filter((alert) => !isResolved(alert, nowMs));
    const over = alerts.filter((alert) => isResolved(alert, nowMs));
    const firing = new Set(fires.map(({ fingerprint }) => fingerprint));
    const resolved = new Set(over.map(({ fingerprint }) => fingerprint));
    const { receiver, repeatIntervalMs } = group.route;
    const key = { groupKey: group.key, receiver, way: way.name };
    const entry = this.#log.get(key);
    const reason = reasonToNotify(entry, {
      firing,
      resolved,
      sendsResolved: way.sendsResolved,
      repeatIntervalMs,
      nowMs,
    });
    if (reason === undefined) return true;
    const kept = new Map(reason === 'first notification' ? [] : Object.entries(entry?.kept ?? {}));
    const sent = way.sendsResolved ? alerts : fires;
    if (sent.length > 0) {
      const notification: Notification = {
        receiver,
        groupKey: group.key,
        groupLabels: group.labels,
        routeLabels: due.routeLabels,
        reason,
        alerts: sent,
        nowMs,
        kept,
      };
      const counts = this.#counters.of(receiver, way.integration);
      counts.notifications++;
      const sending = sendWithRetries(this.#guarded(counting(way.sender, counts)), notification, {
        clock,
        random,
        abort: due.abort,
        failed: (message, attempt) => {
          if (attempt === 1) logger.warn(`${receiver}/${way.name}: ${message}; it is tried again`);
        },
      });
      this.#sending.add(sending);
      const result = await sending.finally(() => this.#sending.delete(sending));
      if (!result.isDelivered) {
        if (!this.#hasStopped && !group.hasEnded && this.#settings.share?.isOwner !== false) {
          counts.failed++;
          const attempts = `${result.attempts} attempt${result.attempts === 1 ? '' : 's'}`;
          logger.error(`${receiver}/${way.name}: not told after ${attempts}: ${result.message}`);
        }
        return false;
      }
    }
    const told = { atMs: clock.nowMs(), firing: Array.from(firing), resolved: Array.from(resolved) };
    try {
      await this.#log.record(key, { ...told, kept: Object.fromEntries(kept) }, repeatIntervalMs);
    } catch (error) {
      logger.warn(`${receiver}/${way.name}: was told, which the store doesn't keep: ${messageOf(error)}`);
    }
    return true;
  }

  /** Asks before each attempt whether this server is still the one that tells. */
  #guarded(sender: Sender): Sender {
    const { share } = this.#settings;
    if (share === undefined) return sender;
    return {
      send: async (notification, abort) =>
        share.isOwner
          ? await sender.send(notification, abort)
          : { isDelivered: false, isRetryable: false, retryAfterMs: 0, message: 'another server tells' },
    };
  }

  /** The active intervals, outside all of which it is, and the mute intervals that it is in. */
  #mutedBy(route: Route, nowMs: number): readonly [active: readonly string[], mute: readonly string[]] {
    const { timeIntervals } = this.config;
    const holds = (name: string): boolean =>
      (timeIntervals.get(name) ?? []).some((interval) => containsTime(interval, nowMs));
    const { activeTimeIntervals: active, muteTimeIntervals: mute } = route;
    return [active.some(holds) ? [] : active, mute.filter(holds)];
  }

  #routeLabels(group: Group, alerts: readonly Alert[], nowMs: number): Labels {
    const { labels, receiver } = group.route;
    if (labels.size === 0 || alerts.length === 0) return new Map();
    const about: Notification = {
      receiver,
      groupKey: group.key,
      groupLabels: group.labels,
      routeLabels: labels,
      reason: 'unknown',
      alerts,
      nowMs,
      kept: new Map(),
    };
    const { externalUrl, logger } = this.#settings;
    return this.#current.templates.routeLabels(labels, new TemplateData(about, externalUrl), (name, error) => {
      logger.warn(`route label ${name} of ${group.key}: ${messageOf(error)}`);
    });
  }

  /** An alert for each receiver that can't tell anybody, because we don't have its type. */
  #tellOfAbsent(): void {
    const endsAt = instantAt(this.#settings.clock.nowMs() + 4 * ABSENT_ALERT_MS);
    const absent = this.config.receivers.flatMap(({ name, absent: types }: ReceiverConfig) =>
      types.map((type) => ({
        labels: Object.entries({ alertname: 'UnsupportedReceiver', severity: 'warning', receiver: name, type }),
        annotations: Object.entries({
          summary: `The receiver ${name} is not told by ${type}`,
          description: `There are no receivers of the type ${type}: what goes to ${name} reaches nobody there.`,
        }),
        endsAt,
      })),
    );
    if (absent.length > 0) this.receive(absent);
  }

  #repeat(ms: number, run: () => Promise<void>): void {
    const { clock, logger } = this.#settings;
    const again = (): void => {
      const cancel = clock.after(ms, () => {
        this.#cancelTimers = this.#cancelTimers.filter((one) => one !== cancel);
        run().catch((error: unknown) => logger.warn(`notifications: ${messageOf(error)}`));
        if (!this.#hasStopped) again();
      });
      this.#cancelTimers.push(cancel);
    };
    again();
  }

  async #sweep(): Promise<void> {
    const nowMs = this.#settings.clock.nowMs();
    this.#alerts.forgetResolved(nowMs);
    this.#current.inhibitor.forgetResolved(nowMs);
    await this.#log.sweep(nowMs);
    await this.silences.sweep(nowMs);
  }
}

function counting(sender: Sender, counts: NotificationCounts): Sender {
  return {
    send: async (notification, abort) => {
      counts.requests++;
      const verdict = await sender.send(notification, abort);
      if (!verdict.isDelivered) counts.failedRequests++;
      return verdict;
    },
  };
}

function isShared(body: unknown): body is ToldAlert {
  const { labels, annotations } = body as ToldAlert;
  return Array.isArray(labels) && Array.isArray(annotations);
}

interface Due {
  readonly group: Group;
  readonly alerts: readonly Alert[];
  readonly routeLabels: Labels;
  readonly nowMs: number;
  readonly abort: AbortSignal;
}
