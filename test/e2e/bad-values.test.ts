import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Signal } from '#pdata';
import { encodeReference, type ReferenceObject } from '../../src/wire/testing/otlp-reference.ts';
import {
  decodeAnswer,
  gaugeRequest,
  idBytes,
  JSON_TYPE,
  logsRequest,
  newTraceId,
  nowNs,
  post,
  send,
  tracesRequest,
} from '../lib/otlp.ts';
import { eventually, peakBytes, ROLES, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';
import { consoleApi, getJson, isStored, readRows, spanCount } from './ask.ts';

/** The "Bad input", what is well formed and means trouble, against one running instance. */

const MIB = 1024 * 1024;
let box: RunningSignalbox;
let pids: (number | undefined)[];
const before = newTraceId();
const range = (): { from: number; to: number } => ({ from: Date.now() - 600_000, to: Date.now() + 600_000 });

beforeAll(async () => {
  box = await startSignalbox();
  pids = ROLES.map((role) => box.pidOf(role));
  await send(box.otlpUrl, 'traces', tracesRequest('before', [{ traceId: before }]));
  await isStored(box, before);
});
afterAll(async () => {
  await box?.stop();
});

const text = (key: string, stringValue: string): ReferenceObject => ({ key, value: { stringValue } });

test('100,000 distinct attribute keys in each signal: memory stays bounded, ingest and queries go on', async () => {
  const requests: [Signal, ReferenceObject][] = [];
  const keysOf = (signal: string, owner: number, count: number): ReferenceObject[] =>
    Array.from({ length: count }, (_, i) => text(`flood.${signal}.${owner * count + i}`, `v${i}`));
  const flood = newTraceId();
  for (let part = 0; part < 10; part++) {
    const numbers = Array.from({ length: 100 }, (_, i) => part * 100 + i);
    const spans = numbers.map((n) => ({
      traceId: flood,
      spanId: (n + 1).toString(16).padStart(16, '0'),
      attributes: keysOf('span', n, 100),
    }));
    requests.push(['traces', tracesRequest('flood', spans)]);
    const logs = logsRequest('flood', numbers.map(String)) as {
      resourceLogs: { scopeLogs: { logRecords: ReferenceObject[] }[] }[];
    };
    logs.resourceLogs[0]!.scopeLogs[0]!.logRecords.forEach((record, i) => {
      record.attributes = keysOf('log', part * 100 + i, 100);
    });
    requests.push(['logs', logs]);
    const dataPoints = numbers.map((n) => ({
      timeUnixNano: String(nowNs()),
      asInt: '1',
      attributes: keysOf('point', n, 100),
    }));
    const metrics = [{ name: 'flood', gauge: { dataPoints } }];
    requests.push(['metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }]);
  }
  // One item alone with 20,000 of them.
  requests.push([
    'logs',
    {
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                { timeUnixNano: String(nowNs()), body: { stringValue: 'wide' }, attributes: keysOf('wide', 0, 20_000) },
              ],
            },
          ],
        },
      ],
    },
  ]);

  const counts = `SELECT (SELECT count() FROM signalbox.spans WHERE service_name = 'flood'), (SELECT count() FROM signalbox.logs WHERE
    service_name = 'flood' OR body = 'wide'), (SELECT count() FROM signalbox.metric_points WHERE name = 'flood') FORMAT TSV`;
  const peaks = { collector: 0, engine: 0 };
  peaks.engine = await peakBytes(box.pidOf('engine')!, async () => {
    peaks.collector = await peakBytes(box.pidOf('collector')!, async () => {
      for (const [signal, request] of requests) await send(box.otlpUrl, signal, request);
      await eventually('the flood', async () => (await box.query(counts)) === '1000\t1001\t1000' || undefined, 60_000);
      // What its parts become when they are merged is the harder half.
      for (const table of ['spans', 'logs', 'metric_series'])
        await box.query(`OPTIMIZE TABLE signalbox.${table} FINAL`);
    });
  });
  expect(peaks.collector).toBeLessThan(500 * MIB);
  expect(peaks.engine).toBeLessThan(1000 * MIB);

  const api = consoleApi(box);
  const found = await api('traces', { ...range(), q: 'flood.span.99999=v99' });
  expect(found).toMatchObject({ traces: [{ traceId: flood, matchedSpanId: (1000).toString(16).padStart(16, '0') }] });
  expect(await api('logs', { ...range(), q: 'flood.log.99999=v99' })).toMatchObject({ logs: [{ body: '999' }] });
  const { logs } = await api<{ logs: { id: string; attributes: object; cut: object }[] }>('logs', {
    ...range(),
    q: 'wide',
  });
  // A list cuts what is long and says so; the record by its id has everything.
  expect(Object.keys(logs[0]!.attributes).length).toBeLessThan(1000);
  expect(logs[0]!.cut).toMatchObject({ attributes: expect.any(Number) });
  const { log } = await api<{ log: { attributes: object } }>('logs/record', { id: logs[0]!.id });
  expect(Object.keys(log.attributes)).toHaveLength(20_000);
  for (const signal of ['traces', 'logs', 'metrics']) {
    const { keys } = await api<{ keys: object[] }>('attributes', { ...range(), signal });
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.length).toBeLessThan(10_000);
  }
  expect(await getJson(`${box.consoleUrl}/jaeger/api/traces/${flood}`)).toMatchObject({ data: [{ traceID: flood }] });
}, 120_000);

test('ids of every wrong size are rejected one by one, and those of zeros too', async () => {
  const traceId = newTraceId();
  const sizes = [0, 1, 7, 9, 15, 17, 1000];
  const good = {
    traceId: idBytes(traceId),
    spanId: idBytes('0000000000000001'),
    name: 'x',
    startTimeUnixNano: String(nowNs()),
  };
  const spans = [
    ...sizes.map((size) => ({ ...good, traceId: new Uint8Array(size).fill(7) })),
    ...sizes.map((size) => ({ ...good, spanId: new Uint8Array(size).fill(7) })),
    ...sizes.filter((size) => size > 0).map((size) => ({ ...good, parentSpanId: new Uint8Array(size).fill(7) })),
    good,
  ];
  const wrong = { links: [{ traceId: new Uint8Array(3), spanId: idBytes('0000000000000001') }] };
  const body = encodeReference('traces', {
    resourceSpans: [{ scopeSpans: [{ spans: [...spans, { ...good, ...wrong }] }] }],
  });
  const response = await post(`${box.otlpUrl}/v1/traces`, body);
  expect(response.status).toBe(200);
  const answer = decodeAnswer(new Uint8Array(await response.arrayBuffer()));
  // Six sizes in each of three fields, and the link. Without an id at all a span is taken, as an exporter may leave it out.
  expect(answer).toEqual({ rejectedCount: 3 * 6 + 1, message: 'trace_id has 1 bytes, must have 16' });
  await isStored(box, traceId, 2);
});

test('times of 1970, of the year 2200 and beyond, and ends before their starts', async () => {
  const year2200 = BigInt(Date.UTC(2200, 0, 1)) * 1_000_000n;
  const traceId = newTraceId();
  const times: [bigint, bigint][] = [
    [0n, 0n],
    [1n, 2n],
    [year2200, year2200 + 5n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, 2n ** 63n + 7n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [nowNs(), 0n],
  ];
  const spans = times.map(([start, end], i) => ({
    traceId: idBytes(traceId),
    spanId: idBytes((i + 1).toString(16).padStart(16, '0')),
    name: `time ${i}`,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(end),
    events: [{ timeUnixNano: String(start), name: 'now' }],
  }));
  await send(box.otlpUrl, 'traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  await isStored(box, traceId, times.length);
  const rows = await readRows(
    box,
    `SELECT toUnixTimestamp64Nano(time) AS start, duration_ns AS duration FROM signalbox.spans
     WHERE trace_id = unhex('${traceId}') ORDER BY span_id`,
  );
  const largest = String(2n ** 63n - 1n);
  // What has no time of its own stands at its arrival.
  const arrivedNs = BigInt(String(rows[0]!.start));
  expect(Math.abs(Number(arrivedNs - BigInt(nowNs())) / 1e9)).toBeLessThan(600);
  expect(rows.map(({ start }) => start)).toEqual([
    String(arrivedNs),
    '1',
    String(year2200),
    largest,
    largest,
    largest,
    String(times[6]![0]),
  ]);
  expect(rows.map(({ duration }) => duration)).toEqual(['0', '1', '5', '0', '7', '0', '0']);
  const api = consoleApi(box);
  expect(await api(`traces/${traceId}`)).toMatchObject({ totalSpanCount: 7, startNs: '1' });
  const trace = await getJson<{ data: { spans: object[] }[] }>(`${box.consoleUrl}/jaeger/api/traces/${traceId}`);
  expect(trace.data[0]!.spans).toHaveLength(7);
  const in2200 = { from: Date.UTC(2199, 11, 31), to: Date.UTC(2200, 0, 2) };
  expect(await api('traces', in2200)).toMatchObject({ traces: [{ traceId }] });

  const body = newTraceId();
  const logRecords = times.map(([start]) => ({ timeUnixNano: String(start), body: { stringValue: body } }));
  await send(box.otlpUrl, 'logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const dataPoints = times.map(([start]) => ({ timeUnixNano: String(start), asInt: '1' }));
  await send(box.otlpUrl, 'metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: body, gauge: { dataPoints } }] }] }],
  });
  await eventually('logs and points', async () => {
    const logs = await box.query(`SELECT count() FROM signalbox.logs WHERE body = '${body}'`);
    const points = await box.query(`SELECT count() FROM signalbox.metric_points WHERE name = '${body}'`);
    return (logs === '7' && points === '7') || undefined;
  });
  expect(await api('logs', { ...in2200, q: body })).toMatchObject({ logs: [{ timeNs: String(year2200) }] });
});

test('NaN and Infinity in every place that takes a number', async () => {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1.7976931348623157e308];
  const time = nowNs();
  const at = (i: number): { timeUnixNano: string; startTimeUnixNano: string } => ({
    timeUnixNano: String(time + BigInt(i)),
    startTimeUnixNano: String(time - 1_000_000_000n),
  });
  const histogram = (value: number, i: number): ReferenceObject => ({
    ...at(i),
    count: '3',
    sum: value,
    min: value,
    max: value,
    explicitBounds: [value, value],
    bucketCounts: ['1', '1', '1'],
    exemplars: [{ timeUnixNano: String(time), asDouble: value }],
  });
  const exponential = (value: number, i: number): ReferenceObject => ({
    ...at(i),
    count: '3',
    sum: value,
    min: value,
    max: value,
    scale: 20 - 8 * i,
    zeroThreshold: value,
    positive: { offset: 2 ** 31 - 1, bucketCounts: ['1', '2'] },
    negative: { offset: -(2 ** 31), bucketCounts: ['18446744073709551615'] },
  });
  const summary = (value: number, i: number): ReferenceObject => ({
    ...at(i),
    count: '1',
    sum: value,
    quantileValues: [{ quantile: value, value }],
  });
  const temporality = { aggregationTemporality: 2 };
  const metrics = [
    { name: 'odd.gauge', gauge: { dataPoints: odd.map((asDouble, i) => ({ ...at(i), asDouble })) } },
    {
      name: 'odd.sum',
      sum: { ...temporality, isMonotonic: true, dataPoints: odd.map((asDouble, i) => ({ ...at(i), asDouble })) },
    },
    { name: 'odd.histogram', histogram: { ...temporality, dataPoints: odd.map(histogram) } },
    { name: 'odd.exponential', exponentialHistogram: { ...temporality, dataPoints: odd.map(exponential) } },
    { name: 'odd.summary', summary: { dataPoints: odd.map(summary) } },
  ];
  await send(box.otlpUrl, 'metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  await eventually('the points', async () => {
    const count = await box.query(`SELECT count() FROM signalbox.metric_summaries WHERE name = 'odd.summary'`);
    return count === '6' || undefined;
  });
  const values = await readRows(
    box,
    `SELECT value FROM signalbox.metric_points WHERE name = 'odd.gauge' ORDER BY time`,
  );
  expect(values.map(({ value }) => value)).toEqual(['nan', 'inf', '-inf', -0, 5e-324, 1.7976931348623157e308]);
  for (const { name } of metrics) {
    const aggregations = ['', 'sum', 'avg', 'rate', 'increase', 'count', 'p95'];
    const answers = aggregations.map(async (aggregation) => {
      const query = { ...range(), name, ...(aggregation !== '' && { aggregation }) };
      const response = await fetch(
        `${box.consoleUrl}/api/console/metrics/query?${new URLSearchParams(query as never)}`,
      );
      expect([name, aggregation, [200, 400].includes(response.status)]).toEqual([name, aggregation, true]);
      // Whatever it is, it is JSON.
      expect(await response.json()).toBeTypeOf('object');
    });
    await Promise.all(answers);
  }
});

test('texts that are not UTF-8, and texts that are too much', async () => {
  const marker = 'QQQQ';
  /** Puts bytes that are no UTF-8 in the place of the marker, wherever it stands. */
  const broken = (signal: Signal, request: ReferenceObject): Uint8Array => {
    const bytes = encodeReference(signal, request);
    for (let at = bytes.length - 4; at >= 0; at--) {
      if (Buffer.from(bytes.buffer, at, 4).toString('latin1') === marker) bytes.set([0xff, 0xc3, 0x28, 0x80], at);
    }
    return bytes;
  };
  const traceId = newTraceId();
  const service = `bad-${marker}`;
  const attributes = [text(`k-${marker}`, `v-${marker}`)];
  const spans = [{ traceId, name: `n-${marker}`, attributes }];
  const bodies: [Signal, Uint8Array][] = [
    ['traces', broken('traces', tracesRequest(service, spans))],
    ['logs', broken('logs', logsRequest(service, [`b-${marker}`]))],
    ['metrics', broken('metrics', gaugeRequest(service, `m-${marker}`, [1]))],
  ];
  for (const [signal, body] of bodies) expect((await post(`${box.otlpUrl}/v1/${signal}`, body)).status).toBe(200);
  await isStored(box, traceId);
  const api = consoleApi(box);
  const replaced = '\ufffd\ufffd(\ufffd';
  const trace = await getJson<{ data: { spans: { operationName: string; tags: object[] }[]; processes: object }[] }>(
    `${box.consoleUrl}/jaeger/api/traces/${traceId}`,
  );
  expect(trace.data[0]).toMatchObject({ processes: { p1: { serviceName: `bad-${replaced}` } } });
  expect(trace.data[0]!.spans[0]!.operationName).toBe(`n-${replaced}`);
  expect(trace.data[0]!.spans[0]!.tags).toContainEqual({
    key: `k-${replaced}`,
    type: 'string',
    value: `v-${replaced}`,
  });
  expect(await api(`traces/${traceId}`)).toMatchObject({ services: [`bad-${replaced}`], names: [`n-${replaced}`] });
  const { services } = await api<{ services: { name: string }[] }>('services', range());
  expect(services.map(({ name }) => name)).toContain(`bad-${replaced}`);
  await eventually('the log', async () => {
    const { logs } = await api<{ logs: { body: string }[] }>('logs', range());
    return logs.some((log) => log.body === `b-${replaced}`) || undefined;
  });
  await eventually('the metric', async () => {
    const answer = await api<{ metrics: { name: string }[] }>('metrics', range());
    return answer.metrics.some(({ name }) => name === `m-${replaced}`) || undefined;
  });

  // Half of a surrogate pair in JSON, a null byte, text that is SQL, and a name of a mebibyte.
  const names = ['\\ud83d', '\\u0000', `'; DROP TABLE signalbox.spans; --`, '../../etc/passwd', 'x'.repeat(MIB)];
  const ids = names.map(() => newTraceId());
  for (const [i, name] of names.entries()) {
    const body = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"${name}"}}]},"scopeSpans":
      [{"spans":[{"traceId":"${ids[i]}","spanId":"0000000000000001","name":"${name}","startTimeUnixNano":"${nowNs()}"}]}]}]}`;
    expect((await post(`${box.otlpUrl}/v1/traces`, body, JSON_TYPE)).status).toBe(200);
  }
  for (const [i, id] of ids.entries()) {
    await isStored(box, id);
    const name = ['\ufffd', '\0'][i] ?? names[i]!;
    const shown = name.length > 1000 ? expect.stringMatching(/^x{1000,}…$/) : name;
    expect(await getJson(`${box.consoleUrl}/jaeger/api/traces/${id}`)).toMatchObject({
      data: [{ spans: [{ operationName: shown }] }],
    });
    if (i === 0 || name.length > 1000) continue;
    expect(await api(`services/${encodeURIComponent(name)}`, range())).toMatchObject({
      summary: { name, requestCount: 1 },
    });
  }
});

test.each([
  { path: '/api/console/traces', status: 400 },
  { path: '/api/console/traces?from=yesterday&to=now', status: 400 },
  { path: '/api/console/traces?from=5&to=1', status: 400 },
  { path: '/api/console/traces?from=0&to=9e99', status: 400 },
  { path: '/api/console/traces?from=0&to=1e12&q=duration%3E%3E1', status: 400 },
  { path: '/api/console/traces?from=0&to=1e12&limit=-1', status: 400 },
  { path: '/api/console/traces?from=0&to=1e12&sort=name', status: 400 },
  { path: '/api/console/traces/zz', status: 400 },
  { path: '/api/console/traces/00000000000000000000000000000bad', status: 404 },
  { path: `/api/console/traces/${'a'.repeat(400)}`, status: 400 },
  { path: '/api/console/logs?from=0&to=1e12&cursor=1;DROP', status: 400 },
  { path: '/api/console/logs?from=0&to=1e12&q=%2F(%2F', status: 400 },
  { path: '/api/console/metrics/query?from=0&to=1e12&name=none', status: 404 },
  { path: '/api/console/metrics/query?from=0&to=1e12&name=flood&aggregation=magic', status: 400 },
  { path: '/api/console/nothing', status: 404 },
  { path: '/jaeger/api/traces/zz', status: 400 },
  { path: '/jaeger/api/traces/00000000000000000000000000000bad', status: 404 },
  { path: '/jaeger/api/traces?service=x&tags=nojson', status: 400 },
  { path: '/jaeger/api/traces?service=x&minDuration=long', status: 400 },
  { path: '/jaeger/api/v3/traces/zz', status: 400 },
  { path: '/jaeger/api/v3/traces', status: 400 },
])('a bad question has an answer that says why: $path', async ({ path, status }) => {
  const response = await fetch(`${box.consoleUrl}${path}`);
  const answer = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([status, expect.stringContaining('json')]);
  expect(answer).toMatch(/"(message|msg)":"[^"]{5,}/);
  expect(answer).not.toMatch(/DB::|node:|src\//);
});

test('at the end all processes live, nothing that was there is gone, and more is taken', async () => {
  expect(ROLES.map((role) => box.pidOf(role))).toEqual(pids);
  expect((await fetch(`${box.consoleUrl}/-/ready`)).status).toBe(200);
  const after = newTraceId();
  await send(box.otlpUrl, 'traces', tracesRequest('after', [{ traceId: after }]));
  await isStored(box, after);
  expect(await spanCount(box, before)).toBe(1);
  expect(box.output()).not.toMatch(/unhandled|ended (by|with)|rejected/);
  const metrics = await (await fetch(box.metricsUrl)).text();
  expect(metrics).toMatch(/^otelcol_signalbox_store_rejected_segments\{.*\} 0$/m);
});
