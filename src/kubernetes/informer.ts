import { type Clock, messageOf } from '#base';
import { HttpFailure } from '#net';
import {
  type KubernetesClient,
  type ObjectPage,
  type ObjectSelection,
  type WatchEvent,
  watchFailure,
} from './client.ts';
import { KubernetesFailure } from './failure.ts';
import { type KubernetesObject, keyOf } from './objects.ts';

/** Called for each object that comes, changes or goes. */
export interface InformerHandler<T> {
  /** `before` is undefined for a new object, and `now` itself where nothing has changed and `resyncMs` is over. */
  changed(now: T, before: T | undefined, key: string): void;
  removed(last: T, key: string): void;
}

export interface InformerOptions<T> {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly selection: ObjectSelection;
  /** What stays in memory of an object; undefined for nothing. */
  readonly keep: (object: KubernetesObject) => T | undefined;
  readonly handler: InformerHandler<T>;
  /** Every object is shown to the handler again so often; 0 for never. */
  readonly resyncMs: number;
  /** How long a watch lasts, up to twice as long by chance. */
  readonly watchMs?: number;
  /** More objects are not kept. */
  readonly limit?: number;
  /**
   * Told why the objects may be out of date, when that begins, when the reason changes and every ten minutes; and undefined when they are
   * up to date again.
   */
  readonly onHealth: (problem: string | undefined) => void;
}

/** A cluster has no more of a kind (its own limit is 150,000 pods). */
const OBJECT_LIMIT = 200_000;
const PAGE_ITEMS = 500;
/** As client-go: a watch lasts five to ten minutes. */
const WATCH_MS = 300_000;
/** As client-go's reflector: from 0.8 s to 30 s, and up to twice that by chance, so that a thousand collectors don't come at once. */
const FIRST_WAIT_MS = 800;
const LONGEST_WAIT_MS = 30_000;
const SAY_AGAIN_MS = 600_000;
/** A watch that is over so soon, and has brought nothing, counts as a failure. */
const SHORT_WATCH_MS = 1000;
const GOOD_WATCH_MS = 10_000;
const RESYNC_SLICE = 1000;
/** Answers of an API that has too much to do, or is just starting: what is known holds. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 500, 502, 503]);

/**
 * Knows the objects of one kind, and hears of changes: lists them in pages, then watches from the list's version on, and lists again where the
 * API no longer knows what came since (410 Gone). While the API is away everything that is known stays.
 */
export class Informer<T> {
  readonly #options: InformerOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  /** Where the next watch goes on from; undefined where a list is needed. */
  #version: string | undefined;
  #failures = 0;
  #isFull = false;
  #problem: string | undefined;
  #problemSaidMs = 0;
  #cancelWait: () => void = () => undefined;
  #cancelResync: () => void = () => undefined;
  #running: Promise<void> | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
  }

  /** By `namespace/name`, or by name what is in no namespace. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  /** Resolves when all objects have been there once. Never rejects, and never ends where the API can't be asked. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** No handler is called afterwards. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelWait();
    this.#cancelResync();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error);
      }
    }
  }

  /** After a failure: what is known may have to be listed again, and the API may need some time. */
  async #recover(error: unknown): Promise<void> {
    const isListed = this.#version !== undefined;
    if (!(error instanceof HttpFailure) && !(error instanceof KubernetesFailure && OVERLOADED.has(error.status))) {
      this.#version = undefined;
    }
    // The first time a watch has missed too much it is enough to list again.
    if (isListed && error instanceof KubernetesFailure && error.isGone && this.#failures++ === 0) return;
    this.#say(messageOf(error));
    const longestMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 10));
    const waitMs = longestMs * (1 + this.#options.random());
    await this.#wait(Math.max(waitMs, error instanceof KubernetesFailure ? error.retryAfterMs : 0));
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#cancelWait = () => {
        cancel();
        resolve();
      };
    });
  }

  #say(problem: string | undefined): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (problem === this.#problem && (problem === undefined || nowMs - this.#problemSaidMs < SAY_AGAIN_MS)) return;
    this.#problem = problem;
    this.#problemSaidMs = nowMs;
    this.#options.onHealth(problem);
  }

  async #list(): Promise<void> {
    const { client, selection } = this.#options;
    const seen = new Set<string>();
    let limit = PAGE_ITEMS;
    let next = '';
    this.#isFull = false;
    for (;;) {
      let page: ObjectPage;
      try {
        page = await client.list(selection, next, limit, this.#stop.signal);
      } catch (error) {
        // The pages behind this one are too old to be had: all that there is comes at once instead.
        if (!(error instanceof KubernetesFailure && error.isGone) || next === '') throw error;
        limit = 0;
        next = '';
        continue;
      }
      for (const object of page.items) if (this.#set(object)) seen.add(keyOf(object));
      next = page.next;
      if (next !== '') continue;
      this.#version = page.resourceVersion;
      break;
    }
    for (const key of [...this.#objects.keys()]) if (!seen.has(key)) this.#delete(key);
    this.#succeed();
    if (!this.#isSynced) this.#scheduleResync();
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async #watch(): Promise<void> {
    const { client, selection, clock, random, watchMs = WATCH_MS } = this.#options;
    const timeoutS = Math.ceil((watchMs * (1 + random())) / 1000);
    const fromMs = clock.monotonicMs();
    const events = await client.watch(selection, this.#version!, timeoutS, this.#stop.signal);
    // Nothing may happen for hours: a watch that holds is a good one, too.
    const cancel = clock.after(GOOD_WATCH_MS, () => this.#succeed());
    let isFruitful = false;
    try {
      for await (const event of events) {
        if (event.type === 'ERROR') throw watchFailure(selection, event);
        if (!isFruitful) this.#succeed();
        isFruitful = true;
        this.#take(event);
      }
    } finally {
      cancel();
    }
    if (this.#stop.signal.aborted || isFruitful || clock.monotonicMs() - fromMs >= SHORT_WATCH_MS) return;
    throw new HttpFailure(`could not watch ${selection.resource.plural}: the API ended the watch at once`);
  }

  #succeed(): void {
    const { limit = OBJECT_LIMIT, selection } = this.#options;
    this.#failures = 0;
    this.#say(this.#isFull ? `more than ${limit} ${selection.resource.plural}: others are not known` : undefined);
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'DELETED') this.#delete(keyOf(object));
    else if (type !== 'BOOKMARK') this.#set(object);
    this.#version = object.metadata?.resourceVersion ?? this.#version;
  }

  /** Whether it is among the objects now. */
  #set(object: KubernetesObject): boolean {
    const { keep, handler, limit = OBJECT_LIMIT } = this.#options;
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const isRoom = before !== undefined || this.#objects.size < limit;
    if (!isRoom) this.#isFull = true;
    const now = isRoom ? keep(object) : undefined;
    if (now === undefined) {
      this.#delete(key);
      return false;
    }
    this.#objects.set(key, now);
    handler.changed(now, before, key);
    return true;
  }

  #delete(key: string): void {
    const last = this.#objects.get(key);
    if (last === undefined) return;
    this.#objects.delete(key);
    this.#options.handler.removed(last, key);
  }

  #scheduleResync(): void {
    const { resyncMs, clock } = this.#options;
    if (resyncMs <= 0 || this.#stop.signal.aborted) return;
    this.#cancelResync = clock.after(resyncMs, () => this.#resync([...this.#objects.keys()], 0));
  }

  /** A part at a time, so that telemetry is not held up. */
  #resync(keys: readonly string[], from: number): void {
    const to = Math.min(keys.length, from + RESYNC_SLICE);
    for (let i = from; i < to; i++) {
      const object = this.#objects.get(keys[i]!);
      if (object !== undefined) this.#options.handler.changed(object, object, keys[i]!);
    }
    if (to < keys.length) this.#cancelResync = this.#options.clock.after(1, () => this.#resync(keys, to));
    else this.#scheduleResync();
  }
}
