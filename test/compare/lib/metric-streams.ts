import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import { Dice } from './random.ts';
import { atMs, b, d, i, id, list, map, pairs, s } from './samples.ts';

/** What the generated points are like. */
export interface StreamOptions {
  readonly temporality: 'delta' | 'cumulative';
  /** When the streams begin, in the milliseconds of `atMs`. */
  readonly startMs: number;
  readonly requests: number;
  /** Counters that begin again, other bounds, points out of order, flags, NaN. */
  readonly hasHazards: boolean;
  /** Which kinds of metrics there are; all by default. */
  readonly kinds?: readonly Kind[];
}

export type Kind = 'int' | 'double' | 'updown' | 'gauge' | 'histogram' | 'exponential' | 'summary';
const KINDS: readonly Kind[] = ['int', 'double', 'updown', 'gauge', 'histogram', 'exponential', 'summary'];

const STEP_MS = 10_000;
const BOUNDS = [
  [1, 2, 5],
  [1, 2, 4],
  [0.5, 10],
];

/** Requests in which the same series come again and again, of all kinds. Values are such that sums of them are exact. */
export function metricStreams(seed: number, options: StreamOptions): ReferenceObject[] {
  const dice = new Dice(seed);
  const kinds = options.kinds ?? KINDS;
  const streams = kinds.flatMap((kind) =>
    Array.from({ length: 1 + dice.below(3) }, (_, n) => new Stream(dice, kind, n, options)),
  );
  return Array.from({ length: options.requests }, (_, request) => {
    const chosen = streams.filter(() => dice.chance(0.85));
    return requestOf(chosen.map((stream) => ({ stream, point: stream.next(request) })));
  });
}

function attributesOf(dice: Dice, n: number): ReferenceObject[] {
  const all = {
    n: i(n),
    host: s(dice.pick('a', 'b')),
    ok: b(true),
    ratio: d(0.5),
    tags: list(s('x'), i(1)),
    labels: map({ z: s('1'), a: s('2') }),
  };
  const wanted = Object.entries(all).filter(([key]) => key === 'n' || dice.chance(0.4));
  return pairs(Object.fromEntries(wanted));
}

class Stream {
  readonly kind: Kind;
  readonly resource: number;
  readonly scope: number;
  readonly name: string;
  readonly attributes: ReferenceObject[];
  readonly options: StreamOptions;
  readonly #dice: Dice;
  readonly #isWhole: boolean;
  #startMs: number;
  #resets = 0;
  #lastMs: number;
  #value = 0;
  #counts = [0, 0, 0, 0];
  #bounds = 0;
  #sum = 0;
  #scale: number;
  #zeroThreshold = 0;
  #zeroCount = 0;
  /** Buckets of an exponential histogram by their index. */
  #positive = new Map<number, number>();
  #negative = new Map<number, number>();

  constructor(dice: Dice, kind: Kind, n: number, options: StreamOptions) {
    this.#dice = dice;
    this.kind = kind;
    this.resource = dice.below(2);
    this.scope = dice.below(2);
    this.name = `${kind}.${dice.below(2)}`;
    this.attributes = attributesOf(dice, n);
    this.options = options;
    this.#startMs = options.startMs;
    this.#lastMs = options.startMs;
    this.#scale = dice.below(4);
    this.#isWhole = dice.chance(0.5);
  }

  get #isDelta(): boolean {
    return this.options.temporality === 'delta';
  }

  /** The attributes in another order now and then, which says nothing. */
  #attributes(): ReferenceObject[] {
    return this.#dice.chance(0.3) ? [...this.attributes].reverse() : this.attributes;
  }

  next(request: number): ReferenceObject {
    const dice = this.#dice;
    const hazards = this.options.hasHazards;
    let timeMs = this.options.startMs + (request + 1) * STEP_MS;
    if (this.#isDelta || (hazards && dice.chance(0.1))) this.#reset(hazards);
    if (hazards && dice.chance(0.08)) timeMs -= 2 * STEP_MS;
    const common = {
      attributes: this.#attributes(),
      startTimeUnixNano: atMs(this.#isDelta ? this.#lastMs : this.#startMs),
      timeUnixNano: atMs(timeMs),
      ...(hazards && !this.#isDelta && dice.chance(0.05) && { flags: 1 }),
    };
    this.#lastMs = timeMs;
    return { ...common, ...this.#content() };
  }

  /** With delta each point counts anew; a counter may begin again, with a new start or without. */
  #reset(isReal: boolean): void {
    this.#value = 0;
    this.#counts = this.#counts.map(() => 0);
    this.#sum = 0;
    this.#zeroCount = 0;
    this.#positive.clear();
    this.#negative.clear();
    if (this.#isDelta) {
      this.#scale = this.#dice.below(4);
      this.#zeroThreshold = this.#dice.chance(0.2) ? this.#dice.pick(0.25, 1) : 0;
    } else if (this.kind === 'histogram' || this.kind === 'exponential' || this.#dice.chance(0.5)) {
      // Never a start that was there before.
      this.#startMs = this.#lastMs + ++this.#resets;
    }
    if (isReal && this.#dice.chance(0.2)) this.#bounds = this.#dice.below(BOUNDS.length);
    this.#counts = new Array<number>(BOUNDS[this.#bounds]!.length + 1).fill(0);
  }

  #content(): ReferenceObject {
    const dice = this.#dice;
    switch (this.kind) {
      case 'int':
        this.#value += dice.below(20);
        return { asInt: String(this.#value) };
      case 'double':
        this.#value += dice.below(40) / 4;
        return { asDouble: this.options.hasHazards && dice.chance(0.05) ? Number.NaN : this.#value };
      case 'updown':
        return this.#isWhole ? { asInt: String(dice.below(100) - 50) } : { asDouble: dice.below(100) / 4 - 12 };
      case 'gauge':
        return dice.chance(0.5) ? { asInt: String(dice.below(100) - 50) } : { asDouble: dice.below(100) / 4 };
      case 'histogram':
        return this.#histogram();
      case 'exponential':
        return this.#exponential();
      case 'summary':
        return {
          count: String(dice.below(9)),
          sum: dice.below(90),
          quantileValues: [{ quantile: 0.5, value: dice.below(9) }],
        };
    }
  }

  #histogram(): ReferenceObject {
    const dice = this.#dice;
    this.#counts = BOUNDS[this.#bounds]!.concat(0).map((_, n) => (this.#counts[n] ?? 0) + dice.below(5));
    this.#sum += dice.below(100) / 4;
    return {
      count: String(this.#counts.reduce((total, count) => total + count, 0)),
      bucketCounts: this.#counts.map(String),
      explicitBounds: BOUNDS[this.#bounds]!,
      ...this.#extremes(),
    };
  }

  /** Sum, min and max, which a point may lack. */
  #extremes(): ReferenceObject {
    const dice = this.#dice;
    return {
      ...(!(this.options.hasHazards && this.#isDelta && dice.chance(0.05)) && { sum: this.#sum }),
      ...(dice.chance(0.8) && { min: dice.below(4), max: 10 + dice.below(9) }),
    };
  }

  #exponential(): ReferenceObject {
    const dice = this.#dice;
    if (!this.#isDelta && dice.chance(0.2)) this.#coarsen();
    if (!this.#isDelta && dice.chance(0.1)) this.#widen();
    for (let n = dice.below(6); n > 0; n--) {
      const side = dice.chance(0.7) ? this.#positive : this.#negative;
      const lowest = this.#zeroThreshold === 0 ? -4 : Math.ceil(Math.log2(this.#zeroThreshold) * 2 ** this.#scale);
      const index = lowest + dice.below(12);
      side.set(index, (side.get(index) ?? 0) + 1 + dice.below(3));
    }
    this.#zeroCount += dice.below(3);
    this.#sum += dice.below(100) / 4;
    const total = [...this.#positive.values(), ...this.#negative.values()].reduce((sum, count) => sum + count, 0);
    return {
      count: String(total + this.#zeroCount),
      scale: this.#scale,
      zeroCount: String(this.#zeroCount),
      zeroThreshold: this.#zeroThreshold,
      positive: sideOf(this.#positive),
      negative: sideOf(this.#negative),
      ...this.#extremes(),
    };
  }

  #coarsen(): void {
    this.#scale--;
    for (const name of ['positive', 'negative'] as const) {
      const side = name === 'positive' ? this.#positive : this.#negative;
      const entries = [...side];
      side.clear();
      for (const [index, count] of entries) side.set(index >> 1, (side.get(index >> 1) ?? 0) + count);
    }
  }

  /** All that is not larger than the next power of two is zero. */
  #widen(): void {
    this.#zeroThreshold = this.#zeroThreshold === 0 ? 0.25 : this.#zeroThreshold * 2;
    const first = Math.ceil(Math.log2(this.#zeroThreshold) * 2 ** this.#scale);
    for (const side of [this.#positive, this.#negative]) {
      for (const [index, count] of [...side]) {
        if (index >= first) continue;
        side.delete(index);
        this.#zeroCount += count;
      }
    }
  }
}

function sideOf(buckets: ReadonlyMap<number, number>): ReferenceObject {
  if (buckets.size === 0) return { offset: 0, bucketCounts: [] };
  const indexes = [...buckets.keys()];
  const [first, last] = [Math.min(...indexes), Math.max(...indexes)];
  const counts = Array.from({ length: last - first + 1 }, (_, n) => String(buckets.get(first + n) ?? 0));
  return { offset: first, bucketCounts: counts };
}

interface Emitted {
  readonly stream: Stream;
  readonly point: ReferenceObject;
}

function requestOf(emitted: readonly Emitted[]): ReferenceObject {
  const resourceMetrics = groupsOf(emitted, ({ stream }) => stream.resource).map(([resource, ofResource]) => ({
    resource: { attributes: pairs({ 'service.name': s(`shop-${resource}`), 'host.cores': i(resource) }) },
    scopeMetrics: groupsOf(ofResource, ({ stream }) => stream.scope).map(([scope, ofScope]) => ({
      scope: { name: `lib.${scope}`, version: '1.0', attributes: pairs({ kind: s('library') }) },
      metrics: groupsOf(ofScope, ({ stream }) => stream.name).map(([, ofMetric]) => metricOf(ofMetric)),
    })),
  }));
  return { resourceMetrics };
}

function groupsOf<K>(emitted: readonly Emitted[], key: (one: Emitted) => K): [K, Emitted[]][] {
  const groups = new Map<K, Emitted[]>();
  for (const one of emitted) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return [...groups];
}

function metricOf(emitted: readonly Emitted[]): ReferenceObject {
  const { kind, name, options } = emitted[0]!.stream;
  const aggregationTemporality = options.temporality === 'delta' ? 1 : 2;
  const dataPoints = emitted.map(({ point }) => point);
  const metric = { name, description: `of kind ${kind}`, unit: kind === 'int' ? '1' : 's' };
  if (kind === 'gauge') return { ...metric, gauge: { dataPoints } };
  if (kind === 'summary') return { ...metric, summary: { dataPoints } };
  if (kind === 'histogram') return { ...metric, histogram: { aggregationTemporality, dataPoints } };
  if (kind === 'exponential') return { ...metric, exponentialHistogram: { aggregationTemporality, dataPoints } };
  return { ...metric, sum: { aggregationTemporality, isMonotonic: kind !== 'updown', dataPoints } };
}

/** A request of one metric with the points of one resource and scope. */
export function oneMetric(metric: ReferenceObject): ReferenceObject {
  return {
    resourceMetrics: [
      {
        resource: { attributes: pairs({ 'service.name': s('shop') }) },
        scopeMetrics: [{ scope: { name: 'lib' }, metrics: [metric] }],
      },
    ],
  };
}

/** An exemplar, to be seen or not. */
export const EXEMPLAR: ReferenceObject = {
  filteredAttributes: pairs({ user: s('7') }),
  timeUnixNano: atMs(1),
  asDouble: 0.25,
  spanId: id('1112131415161718'),
  traceId: id('0102030405060708090a0b0c0d0e0f10'),
};
