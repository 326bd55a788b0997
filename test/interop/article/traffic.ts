import { randomBytes } from 'node:crypto';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';
import { nowNs, send } from '../../lib/otlp.ts';

const COLLECTOR = 'http://otel-collector:4318';
/** What must reach no store. */
export const SECRET = 'sEcReT-tOkEn-4711';

export interface SentTrace {
  readonly traceId: string;
  /** Kept by a policy, whatever the share of all that is kept. */
  readonly isWanted: boolean;
}

const attributes = (all: Readonly<Record<string, string | number>>): object[] =>
  Object.entries(all).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
  }));
const resource = (service: string): object => ({ attributes: attributes({ 'service.name': service }) });

/** Traces of each kind that the article's policies tell apart, each of a server's span with tokens in its addresses. */
export async function sendTraces(): Promise<SentTrace[]> {
  const kinds = [
    { service: 'orders', durationMs: 5, status: 2, isWanted: true },
    { service: 'orders', durationMs: 1500, status: 0, isWanted: true },
    { service: 'payment-service', durationMs: 5, status: 0, isWanted: true },
    { service: 'orders', durationMs: 5, status: 0, isWanted: false },
  ];
  const sent: SentTrace[] = [];
  for (const { service, durationMs, status, isWanted } of kinds) {
    const startNs = nowNs();
    const spans = Array.from({ length: 20 }, () => {
      // At random, as SDKs make them: the hash of the sampling policy gives ids that follow each other one decision.
      const traceId = randomBytes(16).toString('hex');
      sent.push({ traceId, isWanted });
      const query = `a=1&token=${SECRET}&b=2`;
      return {
        traceId: Buffer.from(traceId, 'hex'),
        spanId: Buffer.from('00000000000000a1', 'hex'),
        name: 'GET /orders',
        kind: 2,
        startTimeUnixNano: String(startNs),
        endTimeUnixNano: String(startNs + BigInt(durationMs) * 1_000_000n),
        status: { code: status },
        attributes: attributes({
          'http.url': `http://shop/orders?${query}`,
          'url.full': `http://shop/orders?${query}`,
          'url.query': query,
          'http.target': `/orders?${query}`,
          'http.request.method': 'GET',
          'http.response.status_code': status === 2 ? 500 : 200,
        }),
      };
    });
    await send(COLLECTOR, 'traces', { resourceSpans: [{ resource: resource(service), scopeSpans: [{ spans }] }] });
  }
  return sent;
}

/** `http.server.request.duration` as SDKs send it: cumulative, half of the requests with an error. `round` from 1. */
export async function sendDurations(round: number): Promise<void> {
  const now = String(nowNs());
  const point = (code: number): object => ({
    attributes: attributes({ 'http.request.method': 'GET', 'http.response.status_code': code }),
    startTimeUnixNano: String(BEGIN_NS),
    timeUnixNano: now,
    count: 10 * round,
    sum: 5 * round,
    explicitBounds: [0.1, 1, 5],
    bucketCounts: [0, 10 * round, 0, 0],
  });
  const metrics = ['orders', 'payment-service'].map(
    (service): ReferenceObject => ({
      resource: resource(service),
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'http.server.request.duration',
              unit: 's',
              histogram: { aggregationTemporality: 2, dataPoints: [point(200), point(500)] },
            },
          ],
        },
      ],
    }),
  );
  await send(COLLECTOR, 'metrics', { resourceMetrics: metrics });
}

const BEGIN_NS = nowNs();

export async function sendLogs(): Promise<void> {
  const logRecords = ['first', 'second'].map((text) => ({
    timeUnixNano: String(nowNs()),
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: text },
  }));
  await send(COLLECTOR, 'logs', { resourceLogs: [{ resource: resource('orders'), scopeLogs: [{ logRecords }] }] });
}
