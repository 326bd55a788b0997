import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineRuleQueries, RecentSamples, RULE_DEFAULTS, RuleManager, readRules, Turns } from '#alerting';
import { ManualClock } from '#base';
import { Batch } from '#pdata';
import { QueryNames, StoreSource } from '#query/promql.ts';
import { StoreSink, storeEndpoint } from '#store';
import { decodeOtlp } from '#wire';
import { StoreRuleSeries } from '../../src/main/rules/series-sink.ts';
import { startTestStore, type TestStore } from '../../src/query/testing/test-store.ts';
import { encodeReference } from '../../src/wire/testing/otlp-reference.ts';
import { eventually } from '../lib/signalbox.ts';

/**
 * The article's rules, as they are, over a real store. One simulated clock tells the telemetry and the rules their time: half an hour, in
 * which a service fails, another is slow and the collector drops spans, and all of it ends.
 */
const FILE = new URL('../../../shared/article/otel-rules.yaml', import.meta.url);
const isThere = existsSync(FILE);
if (!isThere) console.warn('skipped: the article’s rules, which are not beside this repository');

const MINUTE_MS = 60_000;
const STEP_MS = 15_000;
const BEGIN_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 40 * MINUTE_MS;
const BAD_FROM_MS = BEGIN_MS + 6 * MINUTE_MS;
const BAD_TO_MS = BEGIN_MS + 16 * MINUTE_MS;
const END_MS = BEGIN_MS + 28 * MINUTE_MS;

/** Counters of two services and of a collector, that only grow. */
class Telemetry {
  readonly #counts = new Map<string, number>();
  readonly #slow = new Map<string, number>();
  #dropped = 0;

  /** What is exported at a time, as OTLP. */
  at(timeMs: number): Uint8Array {
    const isBad = timeMs > BAD_FROM_MS && timeMs <= BAD_TO_MS;
    if (isBad) this.#dropped += 30;
    const services = ['shop', 'stock'].map((service) => this.#service(service, timeMs, isBad));
    const dropped = { asInt: this.#dropped, timeUnixNano: nanos(timeMs), startTimeUnixNano: nanos(BEGIN_MS) };
    const collector = {
      resource: { attributes: [attribute('service.name', 'otelcol')] },
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'otelcol_processor_dropped_spans_total',
              sum: { dataPoints: [dropped], aggregationTemporality: 2, isMonotonic: true },
            },
          ],
        },
      ],
    };
    return encodeReference('metrics', { resourceMetrics: [...services, collector] });
  }

  #service(service: string, timeMs: number, isBad: boolean): object {
    const dataPoints = ['200', '503'].map((status) => {
      const key = `${service} ${status}`;
      const failures = service === 'shop' && isBad ? 20 : 1;
      const count = (this.#counts.get(key) ?? 0) + (status === '200' ? 99 : failures);
      this.#counts.set(key, count);
      const slow = (this.#slow.get(key) ?? 0) + (service === 'stock' && isBad && status === '200' ? 30 : 0);
      this.#slow.set(key, slow);
      return {
        attributes: [{ key: 'http.response.status_code', value: { intValue: Number(status) } }],
        startTimeUnixNano: nanos(BEGIN_MS),
        timeUnixNano: nanos(timeMs),
        count,
        sum: count * 0.1 + slow * 4,
        explicitBounds: [0.5, 1, 2.5, 5],
        bucketCounts: [count - slow, 0, 0, slow, 0],
      };
    });
    const histogram = { dataPoints, aggregationTemporality: 2 };
    const metrics = [{ name: 'http.server.request.duration', unit: 's', histogram }];
    return {
      resource: { attributes: [attribute('service.name', service)] },
      scopeMetrics: [{ metrics }],
    };
  }
}

function nanos(ms: number): string {
  return `${BigInt(ms) * 1_000_000n}`;
}

function attribute(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

interface Seen {
  readonly minute: number;
  readonly alert: string;
  readonly labels: string;
  readonly isResolved: boolean;
}

describe.runIf(isThere)("the article's rules", () => {
  let store: TestStore;
  let sink: StoreSink;
  let folder: string;
  const seen: Seen[] = [];
  let annotations: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    store = await startTestStore();
    folder = mkdtempSync(join(tmpdir(), 'signalbox-rules-'));
    const { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } = store.headers;
    sink = new StoreSink({
      endpoint: storeEndpoint({ url: store.url, username: username!, password: password! }),
      dir: join(folder, 'spool'),
      log: () => undefined,
    });
    const telemetry = new Telemetry();
    for (let timeMs = BEGIN_MS; timeMs <= END_MS; timeMs += STEP_MS)
      await sink.write(new Batch('metrics', [decodeOtlp('metrics', telemetry.at(timeMs)).chunk]));
    await eventually('all telemetry', async () => sink.counts.stored >= sink.counts.accepted || undefined);
    await evaluate();
  }, 300_000);
  afterAll(async () => {
    await sink?.close(0);
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Minute by minute: the clock goes on when the rules are done. */
  async function evaluate(): Promise<void> {
    const clock = new ManualClock(BEGIN_MS);
    const recent = new RecentSamples(new StoreRuleSeries(sink), clock);
    const manager = new RuleManager({
      ...RULE_DEFAULTS,
      clock,
      queries: new EngineRuleQueries({
        samples: (signal, expr) =>
          recent.over(new StoreSource(store.reader, { signal }, expr && QueryNames.ofQuery(expr))),
      }),
      series: recent,
      alerts: {
        send: (alerts) => {
          for (const { labels, startsAtMs, endsAtMs, annotations: own } of alerts) {
            const isResolved = endsAtMs <= clock.nowMs();
            const atMs = isResolved ? endsAtMs : startsAtMs;
            const minute = Math.floor((atMs - BEGIN_MS) / MINUTE_MS);
            const shown = labels.keep((name) => name !== 'alertname' && name !== 'severity').toString();
            const one = { minute, alert: labels.get('alertname'), labels: shown, isResolved };
            if (!seen.some((other) => JSON.stringify(other) === JSON.stringify(one))) seen.push(one);
            annotations = { ...annotations, ...Object.fromEntries(own) };
          }
        },
      },
      externalUrl: 'http://localhost:4300',
      externalLabels: new Map(),
      turns: new Turns(2),
      catchUpTurns: new Turns(1),
      log: (_, message) => {
        throw new Error(message);
      },
    });
    await manager.update([readRules(readFileSync(FILE, 'utf8'), 'otel-rules.yaml')]);
    manager.start();
    const [group] = manager.groups;
    while (clock.nowMs() < END_MS) {
      const before = group!.lastTimeMs;
      await clock.advance(MINUTE_MS);
      await eventually('an evaluation', async () => {
        // The timer of the next one may have been set after the clock had passed it.
        await clock.advance(0);
        return group!.lastTimeMs !== before || undefined;
      });
    }
    expect(group!.rules.map(({ health }) => health.state)).toEqual(['ok', 'ok', 'ok']);
    expect(group!.counts).toMatchObject({ missed: 0, failures: 0 });
    await manager.stop();
  }

  test('fire for the service that fails, the one that is slow, and the collector, and are resolved', () => {
    const named = (alert: string): Seen[] => seen.filter((each) => each.alert === alert);
    const bad = { from: 6, to: 16 };
    for (const [alert, label, forMinutes] of [
      ['ServiceErrorRateHigh', 'shop', 2],
      ['ServiceLatencyHigh', 'stock', 5],
      ['OTelCollectorDropping', 'otelcol', 1],
    ] as const) {
      const [fired, resolved, ...others] = named(alert);
      expect(others, alert).toEqual([]);
      expect(fired!.labels).toContain(label);
      expect(fired).toMatchObject({ isResolved: false });
      expect(fired!.minute).toBeGreaterThanOrEqual(bad.from + forMinutes);
      expect(fired!.minute).toBeLessThanOrEqual(bad.from + forMinutes + 4);
      expect(resolved).toMatchObject({ isResolved: true, labels: fired!.labels });
      expect(resolved!.minute).toBeGreaterThanOrEqual(bad.to);
      expect(resolved!.minute).toBeLessThanOrEqual(bad.to + 6);
    }
  });

  test('with their annotations', () => {
    expect(annotations.runbook).toBe('https://wiki/runbooks/service-error-rate');
    expect(annotations.summary).toBeDefined();
  });

  test('leave ALERTS in the store', async () => {
    const query = new EngineRuleQueries({ samples: (signal) => new StoreSource(store.reader, { signal }) });
    const matchers = [
      { name: '__name__', operator: '=', value: 'ALERTS' },
      { name: 'alertstate', operator: '=', value: 'firing' },
    ] as const;
    const names = await eventually('the series', async () => {
      const found = await query.lastSamples(matchers, BEGIN_MS, END_MS, new AbortController().signal);
      return found.length === 3 ? found.map(({ labels }) => labels.get('alertname')).sort() : undefined;
    });
    expect(names).toEqual(['OTelCollectorDropping', 'ServiceErrorRateHigh', 'ServiceLatencyHigh']);
  });
});
