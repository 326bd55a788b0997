import { FLAG_NO_RECORDED_VALUE } from '#pdata';
import type {
  ExemplarInput,
  ExponentialPoint,
  HistogramPoint,
  Series,
  SummaryPoint,
} from '../build/metrics-builder.ts';

/** What a sample is within its point. */
export const PART_VALUE = 0;
/** A bucket of a histogram, a quantile of a summary. */
export const PART_BOUNDARY = 1;
export const PART_SUM = 2;
export const PART_COUNT = 3;
export const PART_CREATED = 4;
/** A native histogram: all of its point. */
export const PART_NATIVE = 5;
/** `target_info`, whose labels say something of the resource. */
export const PART_RESOURCE = 6;
/** Taken out by the relabelling, or nothing that can be told. */
export const PART_NONE = 7;

/** A series that a target exposes: where its samples go. The same one in all scrapes. */
export class ScrapeSlot {
  readonly part: number;
  readonly group: PointGroup | undefined;
  /** Of a bucket or quantile. */
  readonly boundary: number;
  value = 0;
  native: ExponentialPoint | HistogramPoint | undefined;
  exemplars: ExemplarInput[] | undefined;
  /** The number of the last scrape that had it. */
  seen = 0;
  /** The number of the scrape that has missed it. */
  staleIn = 0;
  /** Whether its absence means something: samples with a time of their own come when they want. */
  isTracked = true;
  /** When its target says that it began; 0 where it doesn't. */
  createdMs = 0;
  /** Its metadata is of this reading. */
  generation = 0;
  /** Of `target_info`. */
  readonly labels: readonly (readonly [string, string])[];

  constructor(
    part: number,
    group: PointGroup | undefined,
    boundary = 0,
    labels: readonly (readonly [string, string])[] = [],
  ) {
    this.part = part;
    this.group = group;
    this.boundary = boundary;
    this.labels = labels;
  }
}

/** The series that make up one point of OTLP. */
export class PointGroup {
  readonly key: string;
  readonly parts: ScrapeSlot[] = [];
  /** Of its samples in this scrape. */
  timeMs = 0;
  /** The number of the last scrape that has something of it, a sample or the lack of one. */
  touchedIn = 0;
  readonly #emit: Emit;

  constructor(key: string, emit: Emit) {
    this.key = key;
    this.#emit = emit;
  }

  add(slot: ScrapeSlot): void {
    // Boundaries in ascending order, whatever the target's is.
    const at = this.parts.findIndex((part) => part.boundary > slot.boundary);
    if (slot.part !== PART_BOUNDARY || at < 0) this.parts.push(slot);
    else this.parts.splice(at, 0, slot);
  }

  /** Writes the point of a scrape. False where what came makes none. */
  emit(scrape: number, timeNs: bigint): boolean {
    return this.#emit(this, scrape, timeNs);
  }

  startNs(scrape: number): bigint {
    for (const part of this.parts) {
      if (part.seen !== scrape) continue;
      if (part.part === PART_CREATED) return secondsToNs(part.value);
      if (part.createdMs > 0) return BigInt(Math.round(part.createdMs)) * 1_000_000n;
    }
    return 0n;
  }
}

export type Emit = (group: PointGroup, scrape: number, timeNs: bigint) => boolean;

function secondsToNs(seconds: number): bigint {
  if (!Number.isFinite(seconds)) return 0n;
  const whole = Math.trunc(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9));
}

/** `hasStart`: a gauge begins at no time. */
export function emitNumber(series: Series<number | bigint>, hasStart: boolean): Emit {
  return (group, scrape, timeNs) => {
    const startNs = hasStart ? group.startNs(scrape) : 0n;
    for (const slot of group.parts) {
      if (slot.part !== PART_VALUE) continue;
      if (slot.seen === scrape) series.add(timeNs, slot.value, startNs, slot);
      else if (slot.staleIn === scrape) series.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE, startNs);
    }
    return true;
  };
}

/** What the parts of a histogram or summary say together. */
class Parts {
  count: ScrapeSlot | undefined;
  sum: ScrapeSlot | undefined;
  isStale = false;
  readonly boundaries: number[] = [];
  readonly values: number[] = [];
  exemplars: ExemplarInput[] | undefined;

  constructor(group: PointGroup, scrape: number) {
    for (const slot of group.parts) {
      const isStale = slot.staleIn === scrape;
      if (slot.seen !== scrape && !isStale) continue;
      if (slot.part === PART_COUNT) this.count = slot;
      else if (slot.part === PART_SUM) this.sum = slot;
      else if (slot.part === PART_BOUNDARY) {
        this.boundaries.push(slot.boundary);
        this.values.push(isStale ? 0 : slot.value);
      }
      if (isStale && (slot.part === PART_COUNT || slot.part === PART_SUM)) this.isStale = true;
      if (!isStale && slot.exemplars !== undefined) this.exemplars = [...(this.exemplars ?? []), ...slot.exemplars];
    }
  }
}

export function emitHistogram(series: Series<HistogramPoint>): Emit {
  return (group, scrape, timeNs) => {
    const startNs = group.startNs(scrape);
    for (const slot of group.parts) {
      // Custom buckets of a native histogram are explicit ones.
      if (slot.part !== PART_NATIVE) continue;
      if (slot.seen === scrape) series.add(timeNs, slot.native as HistogramPoint, startNs, slot);
      else if (slot.staleIn === scrape) series.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE);
      return true;
    }
    const parts = new Parts(group, scrape);
    if (parts.count === undefined) return parts.sum === undefined && parts.boundaries.length === 0;
    const bounds = parts.boundaries;
    const counts = parts.values;
    if (bounds.at(-1) === Infinity) {
      bounds.pop();
      counts.pop();
    }
    if (parts.isStale) {
      const empty = { count: 0, bounds, counts: new Array<number>(bounds.length + 1).fill(0) };
      series.add(timeNs, empty, startNs, { flags: FLAG_NO_RECORDED_VALUE });
      return true;
    }
    counts.push(parts.count.value);
    for (let i = counts.length - 1; i >= 0; i--) {
      const before = i === 0 ? 0 : counts[i - 1]!;
      const own = Math.trunc(counts[i]! - before);
      if (!(own >= 0) || own === Infinity) return false;
      counts[i] = own;
    }
    const point = { count: Math.trunc(parts.count.value), bounds, counts };
    const details = { exemplars: parts.exemplars ?? [] };
    series.add(timeNs, parts.sum === undefined ? point : { ...point, sum: parts.sum.value }, startNs, details);
    return true;
  };
}

export function emitExponential(series: Series<ExponentialPoint>): Emit {
  return (group, scrape, timeNs) => {
    for (const slot of group.parts) {
      if (slot.part !== PART_NATIVE) continue;
      if (slot.seen === scrape) series.add(timeNs, slot.native as ExponentialPoint, group.startNs(scrape), slot);
      else if (slot.staleIn === scrape) series.addEmpty(timeNs, FLAG_NO_RECORDED_VALUE);
    }
    return true;
  };
}

export function emitSummary(series: Series<SummaryPoint>): Emit {
  return (group, scrape, timeNs) => {
    const { count, sum, isStale, boundaries, values } = new Parts(group, scrape);
    if (count === undefined) return sum === undefined && boundaries.length === 0;
    const startNs = group.startNs(scrape);
    if (isStale) {
      const empty = { count: 0, sum: 0, quantiles: boundaries, values: values.map(() => 0) };
      series.add(timeNs, empty, startNs, { flags: FLAG_NO_RECORDED_VALUE });
      return true;
    }
    if (!(count.value >= 0) || count.value === Infinity) return false;
    const point = { count: Math.trunc(count.value), sum: sum?.value ?? 0, quantiles: boundaries, values };
    series.add(timeNs, point, startNs);
    return true;
  };
}
