import { DecodeError, excerpt } from '#base';
import { PROMETHEUS_SCOPE } from '#pdata';
import { histogramMistake } from './histogram-mistake.ts';
import { labelMistake, nameOf, type RequestLabels, type RequestSeries } from './read-request.ts';
import { type PointFamily, RequestPoints } from './request-points.ts';

export interface OwnSeriesLimits {
  /** What is later is refused: a clock that is wrong would hide all that comes after. Default: any time. */
  readonly maxTimeMs?: number;
}

/** A time before 1970 has no place in the store, where 0 stands for the time of arrival. */
export const MIN_TIME_MS = 1;
const MAX_LABEL_CHARS = 1024 * 1024;
/** Of all points as OTLP, where each has the labels of its series. */
const MAX_BYTES = 64 * 1024 * 1024;
/** So many reasons are told; the others are counted. */
const MAX_REASONS = 10;

/**
 * Prometheus' own series as OTLP (PROMETHEUS_SCOPE): their names and labels stay as they are, and so they come back from PromQL. Each sample
 * that can't be taken is refused on its own, as Prometheus does, and the others are written. Throws a DecodeError for what `series` throws, and
 * where there would be too much of it.
 */
export class OwnSeries extends RequestPoints {
  /** Why samples were refused, the first of them. */
  readonly reasons: string[] = [];
  /** Series, samples and histograms that were. */
  refusedCount = 0;
  readonly #limits: OwnSeriesLimits;
  #chars = 0;
  #onlyFamily: PointFamily | undefined = undefined;

  constructor(series: Iterable<RequestSeries>, limits: OwnSeriesLimits = {}) {
    super((unit) => unit, true);
    this.#limits = limits;
    for (const one of series) this.#add(one);
  }

  get #family(): PointFamily {
    this.#onlyFamily ??= this.newFamily({ scope: { name: PROMETHEUS_SCOPE } });
    return this.#onlyFamily;
  }

  get hasPoints(): boolean {
    return this.#onlyFamily !== undefined;
  }

  /** All reasons in one text. */
  get reason(): string {
    const more = this.refusedCount - this.reasons.length;
    return [...this.reasons, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  }

  #refuse(reason: string, labels: RequestLabels): void {
    this.refusedCount++;
    if (this.reasons.length < MAX_REASONS) this.reasons.push(`${reason} for series ${seriesText(labels)}`);
  }

  #add(series: RequestSeries): void {
    const { labels } = series;
    const name = nameOf(series);
    const mistake = name === '' ? 'invalid metric name or labels' : (labelMistake(labels) ?? tooLarge(labels));
    if (mistake !== undefined) {
      this.#refuse(mistake, labels);
      return;
    }
    this.#chars += (series.samples.length + series.histograms.length) * charsOf(labels);
    if (this.#chars > MAX_BYTES)
      throw new DecodeError(`more than ${MAX_BYTES} bytes with the labels of each sample; send fewer at a time`);
    const attributes = labels.filter(([label, value]) => value !== '' && label !== '__name__');
    const samples = series.samples.filter(({ timestampMs }) => this.#isInTime(timestampMs, labels));
    const exemplars = series.exemplars.filter(({ timestampMs }) => this.#isInTime(timestampMs, labels));
    const taken = { ...series, samples, exemplars };
    if (samples.length > 0) this.addSamples(this.#family, taken, name, attributes);
    const histograms = this.#addHistograms(taken, name, attributes);
    // The point of a series' end has none.
    const isHeld = histograms > 0 || samples.some(({ isStale }, i) => !isStale && i === samples.length - 1);
    if (exemplars.length > 0 && !isHeld) this.addExemplars(this.#family, taken, name, attributes);
    this.counts.exemplars += exemplars.length;
  }

  /** Gives 1 where the last one holds the exemplars. */
  #addHistograms(series: RequestSeries, name: string, attributes: RequestLabels): number {
    const histograms = series.histograms.filter((one) => {
      if (!this.#isInTime(one.timestampMs, series.labels)) return false;
      const mistake = one.isStale ? undefined : histogramMistake(one);
      if (mistake !== undefined) this.#refuse(mistake, series.labels);
      return mistake === undefined;
    });
    const taken = { ...series, histograms };
    let isHeld = 0;
    for (const histogram of histograms) {
      try {
        this.addHistogram(this.#family, taken, { name, attributes, histogram });
        if (histogram === histograms.at(-1) && !histogram.isStale) isHeld = 1;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.#refuse(error.message, series.labels);
      }
    }
    return isHeld;
  }

  #isInTime(timestampMs: number, labels: RequestLabels): boolean {
    const isIn = timestampMs >= MIN_TIME_MS && timestampMs <= (this.#limits.maxTimeMs ?? Number.MAX_SAFE_INTEGER);
    if (!isIn) {
      const what = timestampMs < MIN_TIME_MS ? 'timestamp is before 1970' : 'timestamp is too far in the future';
      this.#refuse(`out of bounds: ${what}`, labels);
    }
    return isIn;
  }
}

function tooLarge(labels: RequestLabels): string | undefined {
  const chars = charsOf(labels);
  return chars > MAX_LABEL_CHARS ? `labels of ${chars} characters, at most ${MAX_LABEL_CHARS} are taken,` : undefined;
}

function charsOf(labels: RequestLabels): number {
  return labels.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

/** As Prometheus prints labels. */
function seriesText(labels: RequestLabels): string {
  const shown = labels.slice(0, 20).map(([name, value]) => `${excerpt(name)}=${JSON.stringify(excerpt(value))}`);
  return `{${shown.join(', ')}${labels.length > shown.length ? ', …' : ''}}`;
}
