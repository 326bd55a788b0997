import { DecodeError, messageOf } from '#base';
import type { CreateSettings } from '#component';
import { isSameConfig } from '#config';
import type { HttpAnswer } from '#net';
import type { PointChunk } from '#pdata';
import { MAX_SCALE, MIN_SCALE, type ScrapeCounts, ScrapeLimit, ScrapeMetrics, ScrapeReader } from '#wire';
import type { PrometheusLimits } from './config.ts';
import type { Fetcher } from './fetcher.ts';
import { SampleLabels } from './labels.ts';
import type { Relabeler } from './relabel.ts';
import { resourceOf } from './resource.ts';
import type { ScrapeConfigEntry } from './scrape-config.ts';
import type { Target } from './target.ts';

/** What all targets of a receiver share. */
export interface ScrapeRoom {
  readonly limits: PrometheusLimits;
  /** Series that are remembered, of all targets. */
  series: number;
  /** Bytes of last answers. */
  keptBytes: number;
}

export interface ScraperSettings {
  readonly settings: CreateSettings;
  readonly job: ScrapeConfigEntry;
  readonly target: Target;
  readonly fetcher: Fetcher;
  readonly metricRelabeler: Relabeler;
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly trimsSuffixes: boolean;
  readonly room: ScrapeRoom;
}

export interface Scraped {
  readonly chunk: PointChunk | undefined;
  /** Why there is nothing of the target; '' where there is. */
  readonly failure: string;
  /** Samples that make no point. */
  readonly unusableCount: number;
}

/** Samples from the future are a mistake (prometheus/scrape maxAheadTime). */
const MAX_AHEAD_MS = 600_000;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
};
type Format = 'text' | 'openmetrics' | 'protobuf';

/** Scrapes one target, and says what each scrape was like. */
export class TargetScraper {
  readonly #with: ScraperSettings;
  readonly #labels: SampleLabels;
  readonly #metrics: ScrapeMetrics;
  readonly #reader: ScrapeReader;
  readonly #headers: Readonly<Record<string, string>>;
  #slots = new Map<string, ReturnType<ScrapeMetrics['slot']>>();
  #hasReported = false;

  /** `before`: the scraper of the same target before a reload. Its series are known on where the same would be made of the target's answer. */
  constructor(settings: ScraperSettings, before?: TargetScraper) {
    const { job, target, trimsSuffixes, room } = settings;
    this.#with = settings;
    this.#headers = {
      accept: acceptOf(job),
      'accept-encoding': job.takesCompressed ? 'gzip' : 'identity',
      'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
    };
    if (before !== undefined && makesTheSame(settings, before.#with)) {
      this.#labels = before.#labels;
      this.#metrics = before.#metrics;
      this.#reader = before.#reader;
      this.#slots = before.#slots;
      this.#hasReported = before.#hasReported;
      room.series += this.#reader.seriesCount;
      room.keptBytes += this.#reader.keptBytes;
      return;
    }
    this.#labels = new SampleLabels(job, settings.metricRelabeler, settings.externalLabels, target.labels);
    const own = new Map(target.labels);
    this.#metrics = new ScrapeMetrics({
      trimsSuffixes,
      scope: { name: SCOPE_NAME, version: settings.settings.version },
      job: own.get('job') ?? '',
      instance: own.get('instance') ?? '',
      resourceOf: (jobName, instance) => resourceOf(target, jobName, instance),
    });
    this.#reader = new ScrapeReader(this.#metrics, this.#labels);
  }

  /** `refusal`: why the target is not asked, where it isn't. One that is aborted counts as not begun. */
  async scrape(abort: AbortSignal, refusal: string): Promise<Scraped> {
    const { settings, target, fetcher, job, room } = this.#with;
    const timeMs = settings.clock.nowMs();
    const startMs = settings.clock.monotonicMs();
    const limitBytes = Math.min(job.bodyLimitBytes || room.limits.bodyBytes, room.limits.bodyBytes);
    let failure = refusal;
    let counts: ScrapeCounts = { scraped: 0, kept: 0, added: 0, unusable: 0 };
    let bodyBytes = 0;
    this.#metrics.begin(timeMs);
    if (failure === '') {
      try {
        const { timeoutMs } = target;
        const answer = await fetcher.get(target.url, { headers: this.#headers, limitBytes, timeoutMs, abort });
        bodyBytes = answer.body.length;
        counts = this.#read(answer);
      } catch (error) {
        failure = messageOf(error);
        if (abort.aborted) return { chunk: undefined, failure, unusableCount: 0 };
        // What was read before the mistake is of no use.
        this.#metrics.begin(timeMs);
        if (!(error instanceof DecodeError || error instanceof ScrapeLimit)) bodyBytes = -1;
      }
    }
    if (failure !== '') this.#reader.missed();
    const durationMs = settings.clock.monotonicMs() - startMs;
    this.#report(failure === '', counts, durationMs, bodyBytes);
    const chunk = this.#metrics.finish();
    this.#reader.forgetStale();
    return { chunk, failure, unusableCount: counts.unusable + this.#metrics.unusableCount };
  }

  /** The target is there no more: its series end. */
  end(): PointChunk | undefined {
    const { settings, room } = this.#with;
    this.#metrics.begin(settings.clock.nowMs());
    this.#reader.missed();
    if (this.#hasReported) for (const name of this.#reportNames()) this.#metrics.markStale(this.#reportSlot(name));
    const chunk = this.#metrics.finish();
    room.series -= this.#reader.seriesCount;
    room.keptBytes -= this.#reader.keptBytes;
    return chunk;
  }

  #read(answer: HttpAnswer): ScrapeCounts {
    const { job, room } = this.#with;
    if (answer.status !== 200) throw new Error(`server returned HTTP status ${answer.status}`);
    const format = formatOf(answer.headers['content-type'] ?? '', job.fallbackProtocol);
    const before = this.#reader;
    const otherSeries = room.series - before.seriesCount;
    const otherBytes = room.keptBytes - before.keptBytes;
    try {
      return this.#reader.read(answer.body, {
        format,
        honorsTimestamps: job.honorsTimestamps,
        tracksTimestamps: job.tracksTimestamps,
        sampleLimit: job.sampleLimit,
        seriesLimit: room.limits.series - otherSeries,
        latestMs: this.#metrics.timeMs + MAX_AHEAD_MS,
        keepsBody: otherBytes + answer.body.length <= room.limits.keptBytes,
        takesNative: job.takesNative,
        takesClassicToo: job.takesClassicToo,
        bucketLimit: job.bucketLimit,
        maxScale: maxScaleOf(job.minBucketFactor),
      });
    } finally {
      room.series = otherSeries + this.#reader.seriesCount;
      room.keptBytes = otherBytes + this.#reader.keptBytes;
    }
  }

  #report(isUp: boolean, counts: ScrapeCounts, durationMs: number, bodyBytes: number): void {
    const { job, target } = this.#with;
    const values: Readonly<Record<string, number>> = {
      up: isUp ? 1 : 0,
      scrape_duration_seconds: durationMs / 1000,
      scrape_samples_scraped: counts.scraped,
      scrape_samples_post_metric_relabeling: counts.kept,
      scrape_series_added: counts.added,
      scrape_timeout_seconds: target.timeoutMs / 1000,
      scrape_sample_limit: job.sampleLimit,
      scrape_body_size_bytes: bodyBytes,
    };
    this.#hasReported = true;
    for (const name of this.#reportNames()) this.#metrics.record(this.#reportSlot(name), values[name]!, Number.NaN);
  }

  #reportSlot(name: string): ReturnType<ScrapeMetrics['slot']> {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.#metrics.slot(this.#labels.ofScrape(name));
      this.#slots.set(name, slot);
    }
    return slot;
  }

  #reportNames(): readonly string[] {
    return this.#with.job.tellsMore ? [...REPORTED, ...REPORTED_MORE] : REPORTED;
  }
}

/** As otelcol's receiver calls itself. */
const SCOPE_NAME = 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver';
const REPORTED: readonly string[] = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
];
const REPORTED_MORE: readonly string[] = ['scrape_timeout_seconds', 'scrape_sample_limit', 'scrape_body_size_bytes'];

/** Whether two scrapers make the same series of one answer. */
function makesTheSame(one: ScraperSettings, other: ScraperSettings): boolean {
  const shapeOf = ({ job, target, externalLabels, trimsSuffixes, settings }: ScraperSettings): object => {
    const { discovery: _d, relabel: _r, http: _h, intervalMs: _i, timeoutMs: _t, ...rules } = job;
    const { identity, discovered } = target;
    return { rules, identity, discovered, externalLabels, trimsSuffixes, version: settings.version };
  };
  return isSameConfig(shapeOf(one), shapeOf(other));
}

function acceptOf({ protocols, escaping }: ScrapeConfigEntry): string {
  const values = protocols.map((protocol, i) => {
    const asked = /1\.0\.0$/.test(protocol) ? `;escaping=${escaping}` : '';
    return `${MEDIA_TYPES[protocol]}${asked};q=0.${protocols.length + 1 - i}`;
  });
  return [...values, '*/*;q=0.1'].join(',');
}

/** What an answer is in. One that says something else than a format of metrics is read as the configuration says. */
function formatOf(contentType: string, fallback: string): Format {
  const mediaType = contentType.split(';')[0]!.trim().toLowerCase();
  if (mediaType === 'application/openmetrics-text') return 'openmetrics';
  if (mediaType === 'application/vnd.google.protobuf') return 'protobuf';
  if (mediaType === 'text/plain') return 'text';
  if (fallback.startsWith('OpenMetrics')) return 'openmetrics';
  return fallback === 'PrometheusProto' ? 'protobuf' : 'text';
}

/** The finest scale whose buckets are further apart than the factor; without one all are taken. */
function maxScaleOf(factor: number): number {
  if (!(factor > 1)) return MAX_SCALE;
  return Math.min(MAX_SCALE, Math.max(MIN_SCALE, Math.floor(-Math.log2(Math.log2(factor)))));
}
