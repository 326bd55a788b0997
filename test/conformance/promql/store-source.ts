import { createHash } from 'node:crypto';
import { METRIC_GAUGE } from '#pdata';
import type {
  Labels,
  SampleSource,
  Selection,
  StoredSeries,
  StorePlan,
  WindowAnswer,
  WindowRequest,
} from '../../../src/query/promql/index.ts';
import { StoreSource } from '../../../src/query/promql/index.ts';
import type { SequenceValue } from '../../../src/query/promql/notation.ts';
import type { TestStore } from '../../../src/query/testing/test-store.ts';
import { MemorySource } from './memory-source.ts';

/**
 * The series of a script in a real store. A series that has a native histogram stays in memory, as a whole: scripts have hints and counts
 * that OTLP can't say.
 */
export class StoredScript implements SampleSource {
  readonly #store: TestStore;
  readonly #plan: StorePlan;
  readonly #series = new Map<string, ScriptSeries>();
  #loaded: Loaded | undefined;
  /** How often the store found windows or groups. */
  pushed = 0;

  constructor(store: TestStore, plan: StorePlan) {
    this.#store = store;
    this.#plan = plan;
  }

  clear(): void {
    this.#series.clear();
    this.#loaded = undefined;
  }

  add(labels: Labels, timeMs: number, value: SequenceValue, startMs = 0): void {
    if (value.kind === 'omitted') return;
    this.#loaded = undefined;
    let series = this.#series.get(labels.key);
    if (series === undefined) {
      series = { labels, samples: new Map(), hasHistogram: false };
      this.#series.set(labels.key, series);
    }
    if (value.kind === 'histogram') series.hasHistogram = true;
    if (!series.samples.has(timeMs)) series.samples.set(timeMs, { value, startMs });
  }

  async select(selection: Selection): Promise<readonly StoredSeries[]> {
    const { memory, stored } = await this.#load();
    const found = [...(await memory.select(selection)), ...(await stored.select(selection))];
    // In the order in which the script has them, as scripts expect.
    const places = new Map([...this.#series.keys()].map((key, place) => [key, place]));
    return found.sort((a, b) => places.get(a.labels.key)! - places.get(b.labels.key)!);
  }

  async windows(request: WindowRequest): Promise<WindowAnswer | undefined> {
    const { memory, stored } = await this.#load();
    const { matchers, grid, rangeMs } = request;
    const toMs = grid.startMs + (grid.count - 1) * grid.stepMs;
    const here = await memory.select({ matchers, fromMs: grid.startMs - rangeMs, toMs });
    if (here.length > 0 && request.group !== undefined) return undefined;
    const answer = await stored.windows(request);
    if (answer === undefined) return undefined;
    this.pushed++;
    return { ...answer, rest: [...answer.rest, ...here] };
  }

  async #load(): Promise<Loaded> {
    this.#loaded ??= await this.#write();
    return this.#loaded;
  }

  /** All as a tenant of its own. */
  async #write(): Promise<Loaded> {
    const tenant = `script-${++tenants}`;
    const memory = new MemorySource();
    const series: object[] = [];
    const points: object[] = [];
    for (const { labels, samples, hasHistogram } of this.#series.values()) {
      if (hasHistogram) {
        for (const [timeMs, { value, startMs }] of samples) memory.add(labels, timeMs, value, startMs);
        continue;
      }
      const name = labels.metricName;
      const id = createHash('sha256').update(labels.key).digest().readBigUInt64LE().toString();
      const times = [...samples.keys()];
      const second = (ms: number): number => Math.max(0, Math.floor(ms / 1000));
      series.push({
        tenant,
        name,
        prometheus_name: name,
        series_id: id,
        type: METRIC_GAUGE,
        labels: labels.pairs.map(([label, value]) => `${label}=${value}`),
        first_seen: second(times.reduce((a, b) => Math.min(a, b))),
        last_seen: second(times.reduce((a, b) => Math.max(a, b))),
      });
      for (const [timeMs, { value, startMs }] of samples)
        points.push({
          tenant,
          name,
          series_id: id,
          time: timeText(timeMs),
          start_time: timeText(startMs),
          value_form: 0,
          value_double: value.kind === 'float' ? String(value.value).replace('Infinity', 'inf') : 0,
          flags: value.kind === 'stale' ? 1 : 0,
        });
    }
    await this.#store.insert('metric_series', series);
    await this.#store.insert('metric_points', points);
    const stored = new StoreSource(this.#store.reader.ofTenant(tenant), {}, undefined, this.#plan);
    return { memory, stored };
  }
}

let tenants = 0;

interface ScriptSeries {
  readonly labels: Labels;
  readonly samples: Map<number, { readonly value: SequenceValue; readonly startMs: number }>;
  hasHistogram: boolean;
}

interface Loaded {
  readonly memory: MemorySource;
  readonly stored: StoreSource;
}

/** As a DateTime64(9) is read. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}
