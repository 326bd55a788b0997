import { parse } from 'protobufjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../index.ts';
import { LINKED, OTHER, ROOT, START_NS, TAKE, TRACE } from './cart-trace.ts';
import { GrpcPeer, idBytes } from './grpc-peer.ts';
import { SEARCH_MEMBERS, TEMPO_PROTO } from './tempo-protos.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as a client without types would
type Json = any;

const SECONDS = Number(START_NS / 1_000_000_000n);

/** What clients of Tempo's API get for the traces of cart-trace.ts. */
export function testTempo(started: () => RunningServer): void {
  describe('Tempo', () => {
    const get = async (path: string, accept = 'application/json') => {
      const response = await fetch(`${started().url}/tempo${path}`, { headers: { accept } });
      const bytes = Buffer.from(await response.arrayBuffer());
      const text = bytes.toString();
      const { status, headers } = response;
      return {
        status,
        bytes,
        text,
        type: headers.get('content-type'),
        body: text.startsWith('{') ? (JSON.parse(text) as Json) : undefined,
      };
    };
    const { root } = parse(TEMPO_PROTO, { keepCase: true });
    const decode = (type: string, bytes: Uint8Array): Json => {
      const message = root.lookupType(type);
      return message.toObject(message.decode(bytes), { longs: String, bytes: String });
    };
    const RANGE_SECONDS = `start=${SECONDS - 60}&end=${SECONDS + 600}`;
    const searched = (query: string, more = ''): ReturnType<typeof get> =>
      get(`/api/search?q=${encodeURIComponent(query)}&${RANGE_SECONDS}${more}`);
    const idsOf = (body: Json): string[] => body.traces.map((trace: Json) => trace.traceID);
    let peer: GrpcPeer;
    beforeAll(() => {
      peer = new GrpcPeer(`127.0.0.1:${started().port}`, TEMPO_PROTO, 'tempopb.StreamingQuerier');
    });
    afterAll(() => peer.close());

    test('what Grafana asks to know that it is there', async () => {
      expect(await get('/api/echo')).toMatchObject({ status: 200, text: 'echo' });
      expect(Object.keys((await get('/api/status/buildinfo')).body)).toEqual([
        'version',
        'revision',
        'branch',
        'buildUser',
        'buildDate',
        'goVersion',
      ]);
    });

    test('a trace as protobuf: bare, and in the envelope of the second version', async () => {
      const first = await get(`/api/traces/${TRACE}`, 'application/protobuf');
      const second = await get(`/api/v2/traces/${TRACE}?start=1&end=2`, 'application/protobuf');
      expect([first.type, second.type]).toEqual(['application/protobuf', 'application/protobuf']);
      const envelope = decode('TraceByIDResponse', second.bytes);
      expect(envelope).toEqual({ trace: decode('Trace', first.bytes), metrics: {} });
      const spans = envelope.trace.resource_spans.flatMap(({ resource, scope_spans }: Json) => {
        // Grafana reads these without asking whether they are there.
        expect(resource).toBeDefined();
        return scope_spans.flatMap(({ scope, spans: own }: Json) => {
          expect(scope).toBeDefined();
          for (const { status } of own) expect(status).toBeDefined();
          return own;
        });
      });
      expect(spans).toHaveLength(4);
      const cart = spans.find(({ name }: Json) => name === 'GET /Cart');
      expect(cart).toMatchObject({
        ...{ trace_id: idBytes(TRACE), span_id: idBytes(ROOT), kind: 2, trace_state: 'v=1', flags: 1 },
        ...{ start_time_unix_nano: String(START_NS), end_time_unix_nano: String(START_NS + 2_000_000_005n) },
        status: { code: 2, message: 'no route' },
        events: [
          {
            name: 'retry',
            time_unix_nano: String(START_NS + 5000n),
            attributes: [{ key: 'attempt', value: { int_value: '2' } }],
          },
        ],
        links: [{ trace_id: idBytes(LINKED), span_id: idBytes(TAKE) }],
      });
      expect(cart.attributes).toEqual(
        expect.arrayContaining([
          { key: 'flag', value: { bool_value: true } },
          { key: 'list', value: { array_value: { values: [{ string_value: 'a' }, { int_value: '1' }] } } },
          { key: 'real', value: { double_value: 2.5 } },
        ]),
      );
    });

    test('a trace as JSON', async () => {
      const { body: first } = await get(`/api/traces/${TRACE}`);
      const { body: second } = await get(`/api/v2/traces/${TRACE}`);
      expect(second).toEqual({ trace: { resourceSpans: first.batches }, metrics: {} });
      const spans = first.batches.flatMap((batch: Json) => batch.scopeSpans.flatMap((scope: Json) => scope.spans));
      expect(spans.find(({ name }: Json) => name === 'GET /Cart')).toMatchObject({
        ...{ traceId: idBytes(TRACE), spanId: idBytes(ROOT), kind: 'SPAN_KIND_SERVER', traceState: 'v=1' },
        ...{ startTimeUnixNano: String(START_NS), status: { message: 'no route', code: 'STATUS_CODE_ERROR' } },
      });
    });

    test.each([
      ['/api/traces/abcdef', 404, 'trace abcdef not found'],
      ['/api/v2/traces/abcdef', 404, 'trace abcdef not found'],
      ['/api/v2/traces/xyz', 400, "trace IDs can only contain hex characters: invalid character 'x' at position 1"],
      [`/api/traces/${TRACE}0`, 400, "trace IDs can't be larger than 128 bits"],
      ['/api/search?q=%7B&tags=a%3Db', 400, 'invalid request: can not use both tags and q'],
      ['/api/search?limit=0', 400, 'invalid limit: must be a positive number'],
      ['/api/search?start=20&end=10', 400, 'http parameter start must be before end. received start=20 end=10'],
      ['/api/search?tags=%3D', 400, 'invalid tags: expected key=value at "="'],
      ['/api/v2/search/tags?scope=none-such', 400, 'invalid scope: none-such'],
      ['/api/metrics/query_range', 400, 'invalid query: the parameter q is missing'],
      ['/api/metrics/query_range?q=%7B%7D&start=1&end=9999999&step=1', 400, 'invalid step: more than 11000 points'],
    ])('%s: %i in plain text', async (path, status, words) => {
      const answer = await get(path);
      expect([answer.status, answer.type, answer.text]).toEqual([
        status,
        'text/plain; charset=utf-8',
        expect.stringContaining(words),
      ]);
    });

    test('a query that can’t be read is answered in Tempo’s words', async () => {
      expect(await searched('{ .a = }')).toMatchObject({
        status: 400,
        text: expect.stringMatching(/^invalid TraceQL query: /),
      });
      const asked = ['SearchRequest', { Query: '{ .a = }' }] as const;
      await expect(peer.call('Search', asked, 'SearchResponse')).rejects.toThrow(
        '3 INVALID_ARGUMENT: invalid TraceQL query: ',
      );
    });

    test('a search has the members that Grafana knows, and no others', async () => {
      const { body } = await searched('{ status = error } | select(span.text, duration)', '&spss=1');
      const known = (value: object, members: readonly string[]): void => {
        expect(Object.keys(value).filter((name) => !members.includes(name))).toEqual([]);
      };
      known(body, SEARCH_MEMBERS.answer);
      known(body.metrics, SEARCH_MEMBERS.metrics);
      for (const trace of body.traces) {
        known(trace, SEARCH_MEMBERS.trace);
        for (const set of trace.spanSets) {
          known(set, SEARCH_MEMBERS.set);
          for (const span of set.spans) known(span, SEARCH_MEMBERS.span);
        }
      }
      expect(body.traces).toEqual([
        {
          ...{ traceID: TRACE, rootServiceName: 'api', rootTraceName: 'GET /Cart' },
          ...{ startTimeUnixNano: String(START_NS), durationMs: 2000 },
          spanSet: body.traces[0].spanSets[0],
          spanSets: [
            {
              matched: 2,
              spans: [
                expect.objectContaining({
                  ...{ spanID: ROOT, startTimeUnixNano: String(START_NS), durationNanos: '2000000005' },
                  attributes: expect.arrayContaining([
                    { key: 'status', value: { stringValue: 'error' } },
                    { key: 'text', value: { stringValue: 'x' } },
                  ]),
                }),
              ],
            },
          ],
          serviceStats: { api: { spanCount: 3, errorCount: 1 }, billing: { spanCount: 1, errorCount: 1 } },
        },
      ]);
      expect(typeof body.metrics.inspectedBytes).toBe('string');
    });

    test.each([
      ['', [OTHER, TRACE]],
      ['limit=1', [OTHER]],
      ['tags=service.name%3DBill', [TRACE]],
      ['tags=service.name%3Dapi%20text%3D%22X%22', [TRACE]],
      ['tags=whole%3D7', [TRACE]],
      ['tags=error%3Dtrue', [TRACE]],
      ['tags=name%3Dping', [OTHER]],
      ['tags=root.name%3Dcart', [TRACE]],
      ['minDuration=1s', [TRACE]],
      ['tags=service.name%3Dapi&maxDuration=1ms', [OTHER]],
      ['tags=text%3Dnothing', []],
    ])('a search by tags, as before TraceQL: %s', async (query, expected) => {
      const { body } = await get(`/api/search?${query}&${RANGE_SECONDS}`);
      expect(idsOf(body)).toEqual(expected.map((id) => id.replace(/^0+/, '')));
      if (query !== '' && !query.startsWith('limit'))
        for (const trace of body.traces) expect(trace.spanSets).toBeUndefined();
    });

    test('names of attributes by scope', async () => {
      const { body } = await get(`/api/v2/search/tags?limit=5000&${RANGE_SECONDS}`);
      const tags = Object.fromEntries(body.scopes.map(({ name, tags: own }: Json) => [name, own]));
      expect(tags['resource']).toEqual(['host.name', 'service.name']);
      expect(tags['span']).toEqual(expect.arrayContaining(['db.system.name', 'flag', 'messaging.system', 'text']));
      expect(tags['event']).toEqual(['attempt']);
      expect(tags['intrinsic']).toEqual(expect.arrayContaining(['duration', 'name', 'span:status', 'trace:rootName']));
      expect((await get(`/api/v2/search/tags?scope=event&${RANGE_SECONDS}`)).body).toEqual({
        scopes: [{ name: 'event', tags: ['attempt'] }],
        metrics: {},
      });
      const { body: plain } = await get(`/api/search/tags?scope=resource&${RANGE_SECONDS}`);
      expect(plain).toEqual({ tagNames: ['host.name', 'service.name'], metrics: {} });
      const [streamed] = await peer.call(
        'SearchTagsV2',
        ['SearchTagsRequest', { scope: 'event' }],
        'SearchTagsV2Response',
      );
      expect(streamed).toEqual({ scopes: [{ name: 'event', tags: ['attempt'] }] });
      const [names] = await peer.call('SearchTags', ['SearchTagsRequest', { scope: 'event' }], 'SearchTagsResponse');
      expect(names).toEqual({ tagNames: ['attempt'] });
    });

    test('values of an attribute, with their types and behind a filter that may be unfinished', async () => {
      const values = async (path: string): Promise<Json> =>
        (await get(`${path}${path.includes('?') ? '&' : '?'}${RANGE_SECONDS}`)).body.tagValues;
      const both = [
        { type: 'string', value: 'api' },
        { type: 'string', value: 'billing' },
      ];
      const sorted = (list: Json[]): Json[] => list.toSorted((a, b) => (a.value < b.value ? -1 : 1));
      expect(sorted(await values('/api/v2/search/tag/resource.service.name/values'))).toEqual(both);
      expect(await values('/api/v2/search/tag/span.whole/values')).toEqual([{ type: 'int', value: '7' }]);
      expect(sorted(await values('/api/v2/search/tag/status/values'))).toContainEqual({
        type: 'keyword',
        value: 'error',
      });
      const filter = encodeURIComponent('{ kind = consumer && span.text = }');
      expect(await values(`/api/v2/search/tag/resource.service.name/values?q=${filter}`)).toEqual([both[1]]);
      expect(sorted(await values(`/api/v2/search/tag/.service.name/values?q=nonsense`))).toEqual(both);
      expect((await values('/api/search/tag/service.name/values')).toSorted()).toEqual(['api', 'billing']);
      const asked = ['SearchTagValuesRequest', { tagName: 'span.whole' }] as const;
      expect(await peer.call('SearchTagValuesV2', asked, 'SearchTagValuesV2Response')).toEqual([
        { tagValues: [{ type: 'int', value: '7' }] },
      ]);
      expect(await peer.call('SearchTagValues', asked, 'SearchTagValuesResponse')).toEqual([{ tagValues: ['7'] }]);
    });

    const COUNT = '{ } | count_over_time() by(resource.service.name)';

    test('series over a range, and at an instant, over HTTP and gRPC alike', async () => {
      const q = encodeURIComponent(COUNT);
      const { body: range } = await get(`/api/metrics/query_range?q=${q}&${RANGE_SECONDS}&step=60s&exemplars=10`);
      expect(Object.keys(range).sort()).toEqual(['metrics', 'series']);
      const ofService = (series: Json[], service: string): Json =>
        series.find(({ labels }: Json) => labels[0].value.stringValue === service);
      for (const service of ['api', 'billing']) {
        const one = ofService(range.series, service);
        expect(one.labels).toEqual([{ key: 'resource.service.name', value: { stringValue: service } }]);
        expect(one.promLabels).toBe(`{"resource.service.name"="${service}"}`);
        expect(one.samples.every(({ timestampMs }: Json) => /^\d{13}$/.test(timestampMs))).toBe(true);
        const sum = one.samples.reduce((total: number, { value }: Json) => total + value, 0);
        expect(sum).toBe(service === 'api' ? 4 : 1);
      }
      const { body: instant } = await get(`/api/metrics/query?q=${q}&${RANGE_SECONDS}`);
      expect(instant.series.map((one: Json) => Object.keys(one))).toEqual([
        ['labels', 'value'],
        ['labels', 'value'],
      ]);
      expect(ofService(instant.series, 'api').value).toBe(4);
      const asked = { query: COUNT, start: (SECONDS - 60) * 1e9, end: (SECONDS + 600) * 1e9 };
      const [streamed] = await peer.call('MetricsQueryInstant', ['QueryInstantRequest', asked], 'QueryInstantResponse');
      expect(streamed.series).toContainEqual({
        labels: [{ key: 'resource.service.name', value: { string_value: 'api' } }],
        value: 4,
      });
      const stepped = ['QueryRangeRequest', { ...asked, step: 60e9 }] as const;
      const [series] = await peer.call('MetricsQueryRange', stepped, 'QueryRangeResponse');
      const total = series.series
        .flatMap(({ samples }: Json) => samples)
        .reduce((sum: number, one: Json) => sum + (one.value ?? 0), 0);
      expect(total).toBe(5);
      for (const { samples } of series.series)
        for (const { timestamp_ms: ms } of samples) expect(ms).toBeGreaterThan(1e12);
    });

    /** As Traces Drilldown asks. */
    test.each([
      '{nestedSetParent<0 && true} | rate() with(sample=true)',
      '{nestedSetParent<0 && status=error} | rate()',
      '{nestedSetParent<0 && true} | histogram_over_time(duration) with(sample=true)',
      '{nestedSetParent<0 && true} | quantile_over_time(duration, 0.9)',
      '{nestedSetParent<0 && true && resource.service.name != nil} | rate() by(resource.service.name)',
      '{nestedSetParent<0 && true} | compare({status = error}, 10)',
    ])('Drilldown’s series: %s', async (query) => {
      const answer = await get(`/api/metrics/query_range?q=${encodeURIComponent(query)}&${RANGE_SECONDS}&step=60s`);
      expect([answer.status, answer.body?.series?.length > 0 || answer.text]).toEqual([200, true]);
    });

    test.each([
      [
        '{nestedSetParent<0 && true} &>> { kind = client } | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)',
        TRACE,
      ],
      [
        '{nestedSetParent<0 && status=error} | select(resource.service.name,name,event.exception.message,event.exception.stacktrace,event.exception.type) with(most_recent=true)',
        TRACE,
      ],
    ])('Drilldown’s traces: %s', async (query, expected) => {
      const { status, body, text } = await searched(query, '&limit=200&spss=20');
      expect([status, body === undefined ? text : idsOf(body)]).toEqual([200, [expected]]);
    });

    test('a summary of spans by attributes', async () => {
      const path = `/api/metrics/summary?q=${encodeURIComponent('{ kind = server || kind = consumer }')}&groupBy=resource.service.name`;
      const { body } = await get(`${path}&${RANGE_SECONDS}`);
      expect(body.summaries).toEqual([
        expect.objectContaining({
          ...{ spanCount: '2', errorSpanCount: '1' },
          series: [{ key: 'resource.service.name', value: { type: 5, s: 'api' } }],
        }),
        expect.objectContaining({
          ...{ spanCount: '1', errorSpanCount: '1' },
          series: [{ key: 'resource.service.name', value: { type: 5, s: 'billing' } }],
        }),
      ]);
      expect(Number(body.summaries[0].p99)).toBeGreaterThan(1e8);
      expect((await get(`/api/metrics/summary?q=%7B%7D&${RANGE_SECONDS}`)).text).toBe(
        'invalid groupBy: the parameter is missing',
      );
    });

    test('a search that is streamed is that of HTTP', async () => {
      const request = { Query: '{ status = error }', start: SECONDS - 60, end: SECONDS + 600, Limit: 5 };
      const [answer] = await peer.call('Search', ['SearchRequest', request], 'SearchResponse');
      const { body } = await searched('{ status = error }', '&limit=5');
      expect(answer.traces).toHaveLength(1);
      const [{ spanSets, spanSet, ...trace }] = answer.traces;
      expect(spanSet).toEqual(spanSets[0]);
      expect(spanSets[0].spans.map(({ spanID }: Json) => spanID)).toEqual(
        body.traces[0].spanSets[0].spans.map(({ spanID }: Json) => spanID),
      );
      expect(trace).toMatchObject({
        ...{ traceID: TRACE, rootServiceName: 'api', rootTraceName: 'GET /Cart', durationMs: 2000 },
        serviceStats: { api: { spanCount: 3, errorCount: 1 }, billing: { spanCount: 1, errorCount: 1 } },
      });
      const [all] = await peer.call(
        'Search',
        ['SearchRequest', { start: SECONDS - 60, end: SECONDS + 600 }],
        'SearchResponse',
      );
      expect(all.traces).toHaveLength(2);
      const tags = { Tags: { text: 'x' }, start: SECONDS - 60, end: SECONDS + 600 };
      const [byTags] = await peer.call('Search', ['SearchRequest', tags], 'SearchResponse');
      expect(byTags.traces.map(({ traceID }: Json) => traceID)).toEqual([TRACE]);
    });
  });
}
