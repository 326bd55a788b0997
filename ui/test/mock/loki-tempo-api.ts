/** As much of Loki's and Tempo's APIs as dashboards ask: lines and traces of the store, and counts of lines by level. */

import type { MockStore } from './data.ts';
import { logs } from './logs-api.ts';
import { SERVICES } from './model.ts';
import { matchingSpans, traces } from './traces-api.ts';

const SOME = { service: undefined, severities: [], traceId: undefined, cursor: undefined, newer: false };

/** Selectors name a service or none; the first text after `|=` is looked for. */
export function loki(params: URLSearchParams, store: MockStore): object {
  const query = params.get('query') ?? '';
  const range = {
    fromMs: Number(params.get('start')) * 1000,
    toMs: Number(params.get('end')) * 1000,
    environment: undefined,
  };
  const service = /service_name="([^"]*)"/.exec(query)?.[1];
  const [, text = ''] = /\|= "([^"]*)"/.exec(query) ?? [];
  const isMetric = /(?:rate|count_over_time)\s*\(/.test(query);
  const limit = isMetric ? 5000 : Number(params.get('limit') ?? 100);
  const found = logs(store, range, { ...SOME, service, q: '', limit }).logs.filter(({ body }) =>
    String(body).includes(text),
  );
  if (!isMetric) {
    const result = found.map(({ service: name, severityText, timeNs, body, traceId, spanId, attributes }) => ({
      stream: { service_name: name, detected_level: severityText.toLowerCase() },
      values: [
        [
          timeNs,
          typeof body === 'string' ? body : JSON.stringify(body),
          {
            structuredMetadata: {
              ...(traceId === '' ? {} : { trace_id: traceId, span_id: spanId }),
              ...Object.fromEntries(
                Object.entries(attributes).map(([key, value]) => [key.replaceAll('.', '_'), String(value)]),
              ),
            },
          },
        ],
      ],
    }));
    return { status: 'success', data: { resultType: 'streams', result } };
  }
  const stepMs = Number(params.get('step') ?? 60) * 1000;
  const result = [...Map.groupBy(found, ({ severityText }) => severityText.toLowerCase())].map(([level, own]) => {
    const counts = new Map<number, number>();
    for (const { timeMs } of own) {
      const at = Math.ceil(timeMs / stepMs) * stepMs;
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const values = [...counts].sort(([a], [b]) => a - b).map(([at, count]) => [at / 1000, String(count)]);
    return { metric: { detected_level: level }, values };
  });
  return { status: 'success', data: { resultType: 'matrix', result } };
}

/** Failed traces where the query says `status = error`, else all; as many as are asked for. */
export function tempo(params: URLSearchParams, store: MockStore): object {
  const range = {
    fromMs: Number(params.get('start')) * 1000,
    toMs: Number(params.get('end')) * 1000,
    environment: undefined,
  };
  const found = traces(store, range, {
    ...{ q: '', service: undefined, operation: undefined, minNs: undefined, maxNs: undefined, sort: undefined },
    status: /status\s*=\s*error/.test(params.get('q') ?? '') ? 'error' : undefined,
    limit: Number(params.get('limit') ?? 20),
  });
  return {
    traces: found.traces.map(({ traceId, rootService, rootOperation, startMs, durationNs }) => ({
      traceID: traceId,
      rootServiceName: rootService,
      rootTraceName: rootOperation,
      startTimeUnixNano: `${Math.round(startMs * 1000)}000`,
      durationMs: Math.round(durationNs / 1e6),
    })),
  };
}

/** Labels of streams and their values, for completion. */
export function lokiLabels(path: string): object {
  const services = Object.keys(SERVICES);
  const label = /\/label\/([^/]+)\/values$/.exec(path)?.[1];
  const data =
    label === undefined
      ? ['deployment_environment_name', 'service_name', 'service_namespace']
      : label === 'service_name'
        ? services
        : ['production'];
  return { status: 'success', data };
}

/** Spans of the store per step, a series for each service where the query says `by`; whatever its function. */
export function tempoSeries(params: URLSearchParams, store: MockStore): object {
  const [startMs, endMs] = [Number(params.get('start')) * 1000, Number(params.get('end')) * 1000];
  const stepMs = Number.parseFloat(params.get('step') ?? '60') * 1000;
  const q = params.get('q') ?? '';
  const by = /\bby\s*\(/.test(q);
  const search = q.replace(/\|\s*(?:rate|\w+_over_time|compare)[\s\S]*$/, '').trim();
  const found = matchingSpans(
    store,
    { fromMs: startMs, toMs: endMs, environment: undefined },
    {
      ...{ q: search, service: undefined, operation: undefined, status: undefined },
      ...{ minNs: undefined, maxNs: undefined, sort: undefined, limit: 1 },
    },
  );
  const groups = Map.groupBy(found, ({ span }) => (by ? span.service : ''));
  const series = [...groups].map(([service, own]) => {
    const counts = new Map<number, number>();
    for (const { trace } of own) {
      const at = Math.ceil(trace.startMs / stepMs) * stepMs;
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const samples = Array.from({ length: Math.floor((endMs - startMs) / stepMs) }, (_, i) => {
      const at = startMs + (i + 1) * stepMs;
      return { timestampMs: String(at), value: ((counts.get(at) ?? 0) * 1000) / stepMs };
    });
    const label = { key: 'resource.service.name', value: { stringValue: service } };
    const { trace, span } = own[0]!;
    return {
      labels: by ? [label] : [],
      samples,
      exemplars: [
        {
          labels: [{ key: 'trace:id', value: { stringValue: trace.traceId } }],
          value: span.durationNs / 1e9,
          timestampMs: String(Math.round(trace.startMs)),
        },
      ],
    };
  });
  return { series };
}
