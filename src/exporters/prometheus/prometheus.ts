import type { Reason } from '#base';
import { authenticatorOf, type CreateSettings, type Exporter, type Host } from '#component';
import { type Page, type PageRequest, PageServer } from '#net';
import type { Batch, PointChunk } from '#pdata';
import { negotiateExposition } from '#wire';
import type { PrometheusExporterConfig } from './config.ts';
import { type Refusal, SeriesStore } from './series-store.ts';

/** So many different troubles are told each in a line of its own; they come from names that senders choose. */
const TOLD_LIMIT = 100;

/** Keeps the last value of each series and serves them at `/metrics`. */
export class PrometheusExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: PrometheusExporterConfig;
  readonly #store: SeriesStore;
  readonly #server: PageServer;
  readonly #told = new Set<string>();
  #stopExpiring: () => void = () => undefined;
  #stopGauge: () => void = () => undefined;

  constructor(settings: CreateSettings, config: PrometheusExporterConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#store = new SeriesStore(config);
    const place = { ...settings, place: `exporters::${settings.id}` };
    this.#server = new PageServer(place, config.server, (request) => this.#page(request));
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    return this.#server.address;
  }

  async start(host: Host): Promise<void> {
    await this.#server.start(authenticatorOf(this.#config.server.auth, host));
    const options = { unit: '{series}', description: 'Series that a scrape gets' };
    this.#stopGauge = this.#settings.meter.gauge('exporter_prometheus_series', options, () => this.#store.size);
    this.#expireLater();
  }

  async shutdown(_deadlineMs: number): Promise<void> {
    this.#stopExpiring();
    this.#stopGauge();
    this.#server.stop();
  }

  async consume(batch: Batch): Promise<void> {
    const lost = new Map<Reason, number>();
    const tell = (refusal: Refusal): void => {
      lost.set(refusal.reason, (lost.get(refusal.reason) ?? 0) + 1);
      this.#say(refusal);
    };
    const nowMs = this.#settings.clock.monotonicMs();
    for (const chunk of batch.chunks as readonly PointChunk[]) this.#store.take(chunk, nowMs, tell);
    for (const [reason, count] of lost) this.#settings.account.lost('metrics', count, reason);
  }

  /** Each trouble once. */
  #say({ reason, detail }: Refusal): void {
    const { logger } = this.#settings;
    const what = detail ?? reason;
    if (this.#told.has(what) || this.#told.size >= TOLD_LIMIT) return;
    this.#told.add(what);
    if (detail !== undefined) logger.warn('Points can not be served: their name is taken', { why: detail });
    else if (reason === 'series_limit') {
      logger.warn('New series are left out: max_series is reached', { max_series: this.#config.maxSeries });
    } else logger.warn('Points can not be served', { reason });
  }

  /** Also without a scrape, or what nobody asks for would stay. */
  #expireLater(): void {
    const { clock } = this.#settings;
    const intervalMs = Math.max(1000, this.#config.metricExpirationMs);
    this.#stopExpiring = clock.after(intervalMs, () => {
      this.#store.expire(clock.monotonicMs());
      this.#expireLater();
    });
  }

  #page({ path, query, headers }: PageRequest): Page | undefined {
    if (path !== '/metrics') return undefined;
    this.#store.expire(this.#settings.clock.monotonicMs());
    const format = negotiateExposition(headers.accept ?? '', { openMetrics: this.#config.hasOpenMetrics });
    const body = format.write(this.#store.exposed(new Set(query.getAll('name[]'))));
    return { status: 200, contentType: format.contentType, body };
  }
}
