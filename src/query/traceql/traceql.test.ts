import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FieldExpr, parseTraceql, printTraceqlExpr, type SpansetExpr, type Stage } from '#lang/traceql';
import { listTraceTags } from '../hints/index.ts';
import { spans } from '../source/index.ts';
import { joinSql, raw, sql } from '../sql/index.ts';
import { insertLogs, insertSpans, randomNumbers } from '../testing/fixtures.ts';
import { SHOP_FROM_MS, SHOP_TO_MS, shopSpans } from '../testing/shop.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { findTraces } from '../traces/trace-place.ts';
import { matchingSpans } from './matching-spans.ts';
import { type MetricOptions, queryTraceqlInstant, queryTraceqlRange } from './metrics.ts';
import { fieldsOf, needsOf } from './needs.ts';
import { normalizedStages } from './normalize.ts';
import { readTraces } from './read-traces.ts';
import { searchTraceql } from './search.ts';
import { compileTest } from './span-fields.ts';
import { exactCondition } from './span-sql.ts';
import { compileStages } from './spansets.ts';
import { CASE_LOGS, CASE_SPANS, CASES_FROM_NS, CASES_TO_NS, TRACE_IDS } from './testdata/traces.ts';
import type { TraceSpans } from './trace-spans.ts';
import { listTraceqlValues } from './values.ts';

/** The rows of a table of cases, without its head. */
function rowsOf(file: string): [string, string][] {
  const lines = readFileSync(new URL(`testdata/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.slice(1).map((line) => line.split('\t') as [string, string]);
}

/** A query and the spans that match: traces apart by blanks, sets of spans by bars, `-` for none. */
const CASES = rowsOf('search-cases.tsv');
/** A query over all of the range at once, and its series. */
const METRIC_CASES = rowsOf('metric-cases.tsv');

const RANGE = { fromMs: Number(CASES_FROM_NS / 1_000_000n), toMs: Number(CASES_TO_NS / 1_000_000n) };

function stagesOf(query: string): readonly Stage[] {
  const { root } = parseTraceql(query);
  return root.kind === 'search' ? normalizedStages(root.stages) : [];
}

let store: TestStore;
let traces: readonly TraceSpans[];
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, CASE_SPANS);
  await insertLogs(store, CASE_LOGS);
  const ids = Object.values(TRACE_IDS).map((id) => id.padStart(32, '0'));
  const notes = await findTraces(store.reader, ids);
  const needs = needsOf(fieldsOf(CASES.flatMap(([query]) => stagesOf(query))));
  const read = await readTraces(store.reader, notes, needs, 1000);
  traces = ids.map((id) => read.find(({ note }) => note.traceId === id)!);
}, 60_000);
afterAll(() => store.close());

function letters(trace: TraceSpans, places: readonly number[]): string {
  return places
    .map((place) => trace.spans.names[trace.rows[place]!]!)
    .sort()
    .join('');
}

test('there are at least 400 cases', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(400);
});

test.each(CASES)('%s', (query, expected) => {
  const run = compileStages(stagesOf(query));
  const found = traces.map((trace) =>
    run(trace)
      .map(({ places }) => letters(trace, places))
      .sort()
      .join('|'),
  );
  expect(found.filter((each) => each !== '').join(' ') || '-').toBe(expected);
});

/** Conditions between braces, wherever they stand. */
function conditionsOf(stage: Stage | SpansetExpr): readonly FieldExpr[] {
  switch (stage.kind) {
    case 'filter':
      return stage.condition === undefined ? [] : [stage.condition];
    case 'spansets':
      return [...conditionsOf(stage.left), ...conditionsOf(stage.right)];
    case 'wrapped':
      return stage.stages.flatMap(conditionsOf);
    default:
      return [];
  }
}

test('conditions mean the same in the store', async () => {
  const all = new Map(
    CASES.flatMap(([query]) => stagesOf(query).flatMap(conditionsOf)).map((one) => [printTraceqlExpr(one), one]),
  );
  const asked = [...all.values()].flatMap((condition) => {
    const exact = exactCondition(condition, RANGE);
    return exact === undefined ? [] : [{ condition, exact }];
  });
  expect(asked.length).toBeGreaterThan(200);
  const AT_ONCE = 60;
  for (let from = 0; from < asked.length; from += AT_ONCE) {
    const part = asked.slice(from, from + AT_ONCE);
    const columns = part.map(({ exact }, i) => sql`(${exact}) AS ${raw(`is${i}`)}`);
    const table = await store.reader.read(
      sql`SELECT stored.name AS letter, ${joinSql(columns, ', ')} ${spans.in(RANGE)} ORDER BY letter`,
    );
    const names = table.strings('letter');
    part.forEach(({ condition }, i) => {
      const isMet = compileTest(condition);
      const here = traces
        .flatMap((trace) =>
          Array.from({ length: trace.spanCount }, (_, place) => (isMet(trace, place) ? letters(trace, [place]) : '')),
        )
        .join('');
      const met = table.column<number | boolean>(`is${i}`);
      const there = names.filter((_, row) => Number(met[row]) === 1).join('');
      expect([printTraceqlExpr(condition), there]).toEqual([printTraceqlExpr(condition), [...here].sort().join('')]);
    });
  }
}, 60_000);

describe('a search', () => {
  const search = (query: string, more: object = {}) =>
    searchTraceql(store.reader, {
      query,
      startNs: CASES_FROM_NS,
      endNs: CASES_TO_NS,
      limit: 20,
      spansPerSpanSet: 0,
      ...more,
    });
  const lettersOf = (answer: Awaited<ReturnType<typeof search>>): string =>
    answer.traces
      .map(({ spanSets }) =>
        spanSets
          .map(({ spans: of }) =>
            of.map(({ spanId }) => String.fromCharCode(96 + Number.parseInt(spanId, 16))).join(''),
          )
          .join('|'),
      )
      .join(' ');

  test.each([
    ['{ }', 'kl ghij abcdef'],
    ['{ status = error }', 'i ce'],
    ['{ resource.service.name = "gateway" } >> { status = error }', 'ce'],
    ['{ trace:rootService = "worker" && kind = consumer }', 'hi'],
    ['{ event.exception.type = "Timeout" } || { link.reason = "batch" }', 'ef'],
    ['{ status = error } | by(resource.service.name) | count() = 1', 'i c|e'],
    ['{ childCount = 0 && parent.span.code = 500 }', 'd'],
    ['{ false } !>> { name = "k" }', 'k'],
    ['{ .http.method = "POST" }', 'bc'],
    ['{ span.nothing = 1 }', ''],
  ])('%s finds the newest first', async (query, expected) => {
    expect(lettersOf(await search(query))).toBe(expected);
  });

  test.each([
    ['{ status = error }', true],
    ['{ .http.method = "POST" } | { duration > 1ns } | select(span.db)', true],
    ['{ event.exception.type = "Timeout" }', true],
    ['{ resource.service.name = "gateway" } >> { status = error }', false],
    ['{ status = error } | by(resource.service.name) | count() = 1', false],
    ['{ span.nothing = 1 } && { }', false],
  ])('%s is a condition on the spans that it finds', async (query, isExact) => {
    const { condition, found } = await matchingSpans(store.reader, query, RANGE);
    expect(found === undefined).toBe(isExact);
    const table = await store.reader.read(
      sql`SELECT DISTINCT lower(hex(span_id)) AS span ${spans.in(RANGE)} AND ${condition} ORDER BY span`,
    );
    const searched = (await search(query)).traces.flatMap(({ spanSets }) =>
      spanSets.flatMap(({ spans: of }) => of.map(({ spanId }) => spanId)),
    );
    expect(table.strings('span')).toEqual([...new Set(searched)].sort());
    if (!isExact) expect(found).toEqual({ traceCount: new Set((await search(query)).traces).size, isWhole: true });
  });

  test('tells of a trace, its sets and spans what was asked', async () => {
    const { traces: found, inspected } = await search(
      '{ span.code >= 500 && name != "x" } | by(resource.service.name) | avg(duration) > 1ms | select(status, span.db)',
    );
    expect(inspected).toMatchObject({ traces: 1, spans: 6 });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      traceId: TRACE_IDS.shop,
      rootService: 'gateway',
      rootName: 'a',
      isRootMissing: false,
      startNs: CASES_FROM_NS + 60_000_000_000n,
      durationNs: 1_000_000_000n,
      services: [
        { name: 'gateway', spanCount: 2, errorCount: 0 },
        { name: 'orders', spanCount: 2, errorCount: 1 },
        { name: 'payments', spanCount: 2, errorCount: 1 },
      ],
    });
    expect(found[0]!.spanSets[0]).toEqual({
      matched: 1,
      attributes: [
        { key: 'by(resource.service.name)', value: { type: 'string', value: 'orders' } },
        { key: 'avg(duration)', value: { type: 'string', value: '800ms' } },
      ],
      spans: [
        {
          spanId: '0000000000000003',
          name: 'c',
          startNs: CASES_FROM_NS + 60_100_000_000n,
          durationNs: 800_000_000n,
          attributes: [
            { key: 'code', value: { type: 'int', value: 500 } },
            { key: 'service.name', value: { type: 'string', value: 'orders' } },
            { key: 'status', value: { type: 'string', value: 'error' } },
          ],
        },
      ],
    });
  });

  test('keeps to its range, and to its limits of traces and spans', async () => {
    expect(lettersOf(await search('{ }', { endNs: CASES_FROM_NS + 90_000_000_000n }))).toBe('abcdef');
    expect(lettersOf(await search('{ }', { limit: 2 }))).toBe('kl ghij');
    const { traces: found } = await search('{ status != error }', { limit: 1, spansPerSpanSet: 1 });
    expect(found[0]!.spanSets[0]).toMatchObject({ matched: 2, spans: [{ spanId: '000000000000000b' }] });
  });

  test('says what is wrong with a query, and where', async () => {
    await expect(search('{ status = 5 }')).rejects.toMatchObject({ code: 'bad_query', start: 2, end: 12 });
    await expect(search('{ } | rate()')).rejects.toMatchObject({ code: 'bad_query' });
    await expect(search('{ }', { endNs: CASES_FROM_NS })).rejects.toMatchObject({ code: 'bad_query' });
  });

  test('ends when nobody waits for it any more', async () => {
    const asked = searchTraceql(
      store.reader,
      { query: '{ }', startNs: CASES_FROM_NS, endNs: CASES_TO_NS, limit: 20, spansPerSpanSet: 0 },
      { signal: AbortSignal.abort() },
    );
    await expect(asked).rejects.toThrow();
  });
});

describe('series', () => {
  type Answer = Awaited<ReturnType<typeof queryTraceqlInstant>>;
  const instant = (query: string, options?: MetricOptions): Promise<Answer> =>
    queryTraceqlInstant(store.reader, { query, startNs: CASES_FROM_NS, endNs: CASES_TO_NS }, options);
  const shown = ({ series }: Answer): string =>
    series.map(({ promLabels, value }) => `${promLabels} ${Number(value.toPrecision(9))}`).join('; ');

  test.each(METRIC_CASES)('%s', async (query, expected) => {
    expect(shown(await instant(query))).toBe(expected);
  });

  test('of counts have all steps, of measures those with spans; each step has the spans up to its end', async () => {
    const ask = (query: string, plan?: 'spans') =>
      queryTraceqlRange(
        store.reader,
        {
          query,
          startNs: CASES_FROM_NS + 1n,
          endNs: CASES_FROM_NS + 199_000_000_000n,
          stepNs: 20_000_000_000n,
          exemplars: 1,
        },
        { plan },
      );
    const fromMs = Number(CASES_FROM_NS / 1_000_000n);
    const samplesOf = (answer: Awaited<ReturnType<typeof ask>>): string[] =>
      answer.series.map(
        ({ promLabels, samples }) =>
          `${promLabels} ${samples.map(({ timestampMs, value }) => `${(timestampMs - fromMs) / 1000}:${value}`).join(' ')}`,
      );
    for (const plan of [undefined, 'spans'] as const) {
      expect(samplesOf(await ask('{ } | count_over_time()', plan))).toEqual([
        '{__name__="count_over_time"} 0:0 20:0 40:0 60:1 80:5 100:0 120:1 140:3 160:0 180:1 200:1',
      ]);
      expect(samplesOf(await ask('{ kind = server } | rate() by (name)', plan))[2]).toBe(
        '{name="e"} 0:0 20:0 40:0 60:0 80:0.05 100:0 120:0 140:0 160:0 180:0 200:0',
      );
      const { series } = await ask('{ status = error } | max_over_time(duration) by (resource.service.name)', plan);
      expect(series[0]).toMatchObject({
        promLabels: '{"resource.service.name"="orders"}',
        samples: [{ timestampMs: fromMs + 80_000, value: 0.8 }],
        exemplars: [
          {
            labels: [
              { key: 'trace:id', value: { type: 'string', value: TRACE_IDS.shop } },
              { key: 'resource.service.name', value: { type: 'string', value: 'orders' } },
            ],
            value: 0.8,
            timestampMs: fromMs + 60_100,
          },
        ],
      });
      expect(samplesOf(await ask('{ } | quantile_over_time(duration, 1) by (resource.cluster)', plan))[1]).toBe(
        '{"resource.cluster"="dev", p="1"} 0:0 20:0 40:0 60:0 80:0 100:0 120:4.294967296 140:2.147483648 160:0 180:0 200:0',
      );
      expect(samplesOf(await ask('{ } | count_over_time() by (resource.service.name) | topk(1)', plan))).toEqual([
        '{"resource.service.name"="gateway"} 0:0 20:0 40:0 60:1 100:0 160:0',
        '{"resource.service.name"="legacy"} 180:1 200:1',
        '{"resource.service.name"="orders"} 80:2',
        '{"resource.service.name"="worker"} 120:1 140:3',
      ]);
    }
  });

  test('of compare tell the values of selected spans and of the others, both ways alike', async () => {
    const query = '{ resource.cluster = "prod" } | compare({ status = error }, 2)';
    const [stored, here] = [await instant(query), await instant(query, { plan: 'spans' })];
    const lines = shown(stored).split('; ');
    expect(lines).toContain('{__meta_type="selection", name="c"} 1');
    expect(lines).toContain('{__meta_type="baseline", "span.method"="POST"} 1');
    expect(lines).toContain('{__meta_type="baseline_total", "span.method"="<nil>"} 2');
    expect(lines).toContain('{__meta_type="selection_total", "resource.service.name"="<nil>"} 1');
    expect(lines).toContain('{__meta_type="baseline", __meta_error="__too_many_values__", name="<nil>"} 3');
    expect(shown(here)).toBe(shown(stored));
    const window = await instant(`{ } | compare({ }, 5, ${CASES_FROM_NS}, ${CASES_FROM_NS + 90_000_000_000n})`);
    expect(shown(window)).toContain('{__meta_type="selection", "resource.service.name"="orders"} 2');
    expect(shown(window)).toContain('{__meta_type="baseline", "resource.service.name"="worker"} 4');
  });

  test('say what is wrong', async () => {
    const range = { startNs: CASES_FROM_NS, endNs: CASES_TO_NS, exemplars: 0 };
    await expect(instant('{ }')).rejects.toMatchObject({ code: 'bad_query' });
    await expect(
      queryTraceqlRange(store.reader, { ...range, query: '{ } | rate()', stepNs: 1_000_000n }),
    ).rejects.toMatchObject({
      code: 'bad_query',
      hint: expect.stringContaining('longer step') as string,
    });
  });
});

test('names of attributes are those of what a query finds', async () => {
  const tags = async (query: string | undefined) => {
    const matching = query === undefined ? undefined : await matchingSpans(store.reader, query, RANGE);
    return listTraceTags(store.reader, { ...RANGE, limit: 100, matching });
  };
  const all = await tags(undefined);
  expect(all.event).toEqual(expect.arrayContaining(['attempt', 'depth', 'exception.type']));
  const ofWorker = await tags('{ span:id = "8" }');
  expect(ofWorker.event).toContain('depth');
  expect(ofWorker.event).not.toContain('attempt');
  const ofPosts = await tags('{ .http.method = "POST" }');
  expect(ofPosts.span.length).toBeLessThan(all.span.length);
  expect(ofPosts.resource).toContain('service.name');
  expect(await tags('{ false } >> { }')).toEqual({ resource: [], span: [], event: [], link: [], instrumentation: [] });
});

describe('values of a field', () => {
  const values = async (attribute: string, query = ''): Promise<string> =>
    (await listTraceqlValues(store.reader, { attribute, query, startNs: CASES_FROM_NS, endNs: CASES_TO_NS, limit: 50 }))
      .map(({ type, value }) => `${type} ${value}`)
      .sort()
      .join('; ');

  test.each([
    ['resource.service.name', '', 'string gateway; string legacy; string orders; string payments; string worker'],
    ['.zone', '', 'string eu; string own; string us'],
    ['span.code', '{ resource.cluster = "prod" }', 'int 200; int 201; int 500'],
    ['span.code', '{ resource.cluster = ', 'int 200; int 201; int 500; int 502; string 200'],
    ['resource.replicas', '', 'int 3'],
    ['span.cached', '', 'bool false; bool true; string true'],
    ['name', '{ status = error }', 'string c; string e; string i'],
    ['status', '', 'keyword error; keyword ok; keyword unset'],
    ['trace:rootService', '', 'string gateway; string worker'],
    ['event:name', '', 'string exception; string queue.slow; string retry; string skip'],
    ['event.exception.type', '{ resource.service.name = "payments" }', 'string Timeout'],
    ['link.reason', '', 'string batch'],
    ['instrumentation:version', '', 'string 1.0.0; string 2.1'],
    ['span.nothing', '', ''],
    ['duration', '', ''],
  ])('%s %s', async (attribute, query, expected) => {
    expect(await values(attribute, query)).toBe(expected);
  });

  test('of no field is an error', async () => {
    await expect(values('nothing')).rejects.toMatchObject({ code: 'bad_query' });
  });
});

/** Random queries, the same in every run, over a shop's traffic. */
test('series are the same, whether spans are counted in the store or here', async () => {
  await insertSpans(store, shopSpans());
  const random = randomNumbers(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const CONDITIONS = [
    '',
    'status = error',
    'kind = server && span.http.route != "/api/orders"',
    'resource.service.name =~ "o.*|p.*"',
    'span.user.id > 5',
    'span.retry || duration > 20ms',
    '.price >= 10.5',
    'resource.deployment.environment = "prod"',
    'span.http.response.status_code >= 500',
    'nestedSetParent < 0',
  ];
  const MEASURES = ['duration', 'span.price', 'span.user.id', 'span.http.response.status_code'];
  const FUNCTIONS = [
    'rate()',
    'count_over_time()',
    ...['min', 'max', 'avg', 'sum', 'histogram'].map((name) => `${name}_over_time(MEASURE)`),
    'quantile_over_time(MEASURE, 0.5, 0.99)',
  ];
  const GROUPS = [
    '',
    ' by (resource.service.name)',
    ' by (name, status)',
    ' by (span.user.id)',
    ' by (resource.deployment.environment, kind)',
    ' by (.http.route)',
    ' by (span.retry, instrumentation:name)',
  ];
  const range = {
    startNs: BigInt(SHOP_FROM_MS) * 1_000_000n + 12_345n,
    endNs: BigInt(SHOP_TO_MS) * 1_000_000n,
    exemplars: 0,
  };
  for (let i = 0; i < 14; i++) {
    const isPlain = i < 2;
    const query = isPlain
      ? `{ } | count_over_time()${GROUPS[i]}`
      : `{ ${pick(CONDITIONS)} } | ${pick(FUNCTIONS).replace('MEASURE', pick(MEASURES))}${pick(GROUPS)}`;
    const question = { ...range, query, stepNs: pick([60n, 600n, 977n]) * 1_000_000_000n };
    const [stored, here] = [
      await queryTraceqlRange(store.reader, question),
      await queryTraceqlRange(store.reader, question, { plan: 'spans' }),
    ];
    const rounded = ({ series }: typeof stored): object[] =>
      series.map(({ promLabels, samples }) => ({
        promLabels,
        samples: samples.map(({ timestampMs, value }) => [timestampMs, Number(value.toPrecision(9))]),
      }));
    expect([query, rounded(stored)]).toEqual([query, rounded(here)]);
    expect(stored.series.length > 0 || query.includes('price')).toBe(true);
  }
}, 120_000);
