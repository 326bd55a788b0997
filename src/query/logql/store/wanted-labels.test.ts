import { afterAll, beforeAll, expect, test } from 'vitest';
import { messageOf } from '#base';
import { type LogExpr, type MetricExpr, parseLogql } from '#lang/logql';
import type { PromqlAnswer } from '../../promql/index.ts';
import { type FixtureLog, insertLogs } from '../../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import { type LineSource, queryLines, queryMetricInstant, StoredLines } from '../index.ts';
import { wantedLabels } from '../line-filters.ts';

const FROM_MS = 1_760_000_000_000;
const ns = (ms: number): bigint => BigInt(FROM_MS + ms) * 1_000_000n;

const TRACE_ID = 'a'.repeat(32);

/** Lines of two services, `plain` without attributes. */
const BODIES: readonly string[] = [
  '{"user":"ann","code":200,"who":{"name":"bob"}}',
  '{"user":"\\u0061nn","code":200}',
  '{"user":"a\\"nn","code":200}',
  '{"user":"eve","code":500}',
  '{"user":"eve","note":"ann"}',
  'user=ann code=200',
  'user="ann" msg="it is \\"so\\""',
  'user=eve code=500',
  'ann 200',
  '{"user":"ann"',
  'no json at all',
  `error trace_id=${TRACE_ID}`,
  '{"http":{"status": 404},"took":"1.5s","code":"300"}',
  '{"http.status":"200","took":"90m","code":12.5}',
  '{"http_status":"500 or so","took":"1h2m3s","code":null}',
  'http.status=503 took=250ms code=',
  'http.status="601" took="2 s" code=5e2',
  '{"status":{"code":500},"codes":[500],"took":"soon"}',
  '{"code":500,"took":"800ms"} broken code=7',
  '{"code":100,"nested":{"code":500}',
];
const fixtures: readonly FixtureLog[] = ['plain', 'rich'].flatMap((service) =>
  BODIES.map(
    (body, at): FixtureLog => ({
      timeNs: ns(at * 1000 + 1),
      service,
      // Of the others it is the line that says its level.
      severityNumber: at % 3 === 0 ? 0 : at % 3 === 1 ? 9 : 17,
      severityText: '',
      body,
      ...(at === 1 ? { traceId: TRACE_ID, spanId: 'b'.repeat(16) } : {}),
      ...(service === 'rich' && at === 10 ? { attributes: { 'who.name': 'bob', team: 'ann' } } : {}),
      resource: { 'k8s.namespace.name': 'shop', 'host.name': 'carl' },
    }),
  ),
);

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertLogs(store, fixtures);
});
afterAll(() => store.close());

/** Gives all that the store gives, whatever is wanted of the lines, and all that records say besides. */
class Whole extends StoredLines {
  override read(selection: Parameters<StoredLines['read']>[0]): ReturnType<StoredLines['read']> {
    return super.read({ ...selection, wanted: [], labels: undefined });
  }
  override async count(): Promise<undefined> {
    return undefined;
  }
}

const METRICS: readonly ((logs: string) => string)[] = [
  (logs) => `sum by (service_name) (count_over_time(${logs} | __error__="" [1m]))`,
  (logs) => `sum by (user, code_extracted) (rate(${logs} | __error__="" [1m]))`,
  (logs) => `sum by (team, team_extracted, who_name_extracted) (bytes_over_time(${logs} | __error__="" [1m]))`,
  (logs) => `sum by (detected_level, user) (count_over_time(${logs} | __error__="" [1m]))`,
  (logs) => `avg_over_time(${logs} | __error__="" | unwrap code | __error__="" [1m]) by (user)`,
  // An error names all labels of the line.
  (logs) => `sum by (user) (count_over_time(${logs} [1m]))`,
  (logs) => `max_over_time(${logs} | unwrap duration(took) [1m]) by (team)`,
];

const QUERIES = [
  '| json | user="ann"',
  '| json | user="ann" | code="200"',
  '| json | user="ann" and code="200"',
  '| json | user="ann" or user="eve"',
  '| json | user=~"ann|eve"',
  '| json | user=~"a.n" | code=~"20.*"',
  '| json | user=~"(?i)ANN"',
  '| json | user=~"x?ann"',
  '| json | user=~"ann|"',
  '| json | who_name="bob"',
  '| json | team="ann"',
  '| json | host_name="carl"',
  '| json | service_name="rich"',
  '| json | severity_number="9"',
  '| detected_level="info"',
  '| detected_level=~"info|error"',
  '| detected_level=~"err.*"',
  '| json | detected_level="info" | user="ann"',
  `| trace_id="${TRACE_ID}"`,
  `| logfmt | trace_id="${TRACE_ID}"`,
  `| span_id="${'b'.repeat(16)}" | json`,
  '| json name="who.name" | name="bob"',
  '| json | __error__="JSONParserErr"',
  '| json | user!="ann"',
  '| json | label_format user=code | user="200"',
  '| json | line_format "{{.user}}" | logfmt | code="200"',
  '| logfmt | user="ann"',
  '| logfmt | msg="it is \\"so\\""',
  '| pattern "<user> <code>" | user="ann"',
  '| regexp "^(?P<user>[a-z]+) " | user="no"',
  '| json | code >= 500',
  '| json | code > 200 | code < 500',
  '| json | code = 300 or code = 500',
  '| json | code == 12.5',
  '| json | code != 200',
  '| json | code < 0 or user="ann"',
  '| json | http_status >= 404',
  '| json | nested_code > 400',
  '| json | status_code = 500',
  '| json | took > 1s',
  '| json | took <= 1.5s',
  '| json | took = 90m',
  '| logfmt | code >= 500',
  '| logfmt | http_status > 502',
  '| logfmt | took < 1s',
  '| json | logfmt | code > 300',
  '| json code="http.status" | code > 400',
  '| json | code > 400 and user="eve"',
  '| regexp "(?P<code>\\\\d+)" | code > 400',
  '| logfmt | json | label_format code="600" | code > 500',
  '| json | code > 400 | __error__=""',
];

test.each(
  // Each with one of the metrics.
  QUERIES.map((stages, i) => ({ stages, metrics: [METRICS[i % METRICS.length]!] })),
)('$stages finds what it finds without leaving lines out', async ({ stages, metrics }) => {
  const text = `{service_name=~".+"} ${stages}`;
  const found = async (source: LineSource) => {
    const expr = parseLogql(text) as LogExpr;
    const lines = await queryLines({
      ...{ expr, text, source, startNs: ns(0), endNs: ns(60_000), limit: 1000, direction: 'backward' },
    });
    const values: unknown[] = [];
    for (const metric of metrics) {
      const counted = { expr: parseLogql(metric(text)) as MetricExpr, text: metric(text), source };
      values.push(await queryMetricInstant(counted, FROM_MS + 60_000).then(seriesOf, messageOf));
    }
    return [lines.map(({ line, labels }) => [line, labels.toString()]), values];
  };
  const whole = await found(new Whole(store.reader));
  expect(await found(new StoredLines(store.reader))).toEqual(whole);
  expect((whole[0] as unknown[]).length).toBeGreaterThan(0);
});

/** Without how many samples there were: of what is counted a bucket is one. */
function seriesOf(answer: PromqlAnswer): unknown {
  return 'series' in answer ? answer.series : answer;
}

/** Bodies that the store gives for a metric of a query. */
async function given(stages: string, service = 'plain'): Promise<readonly string[]> {
  const { matchers, stages: all } = parseLogql(`{service_name="${service}"} ${stages}`) as LogExpr;
  const bodies: string[] = [];
  const selection = {
    matchers,
    lineFilters: [],
    wanted: wantedLabels(all),
    firstNs: ns(0),
    lastNs: ns(60_000),
  } as const;
  for await (const part of new StoredLines(store.reader).read({ ...selection, direction: 'forward', limit: undefined }))
    bodies.push(...part.map(({ line }) => line));
  return bodies;
}

test('an id and a level of the record itself leave out all others', async () => {
  expect(await given(`| trace_id="${TRACE_ID}"`)).toEqual([BODIES[1]]);
  expect(await given(`| trace_id=~"${TRACE_ID}|${'c'.repeat(32)}"`)).toEqual([BODIES[1]]);
  expect(await given(`| logfmt | trace_id="${TRACE_ID}"`)).toEqual(
    BODIES.filter((body, at) => at === 1 || /\\|a{32}/.test(body)),
  );
  expect(await given('| detected_level="info"')).toEqual(BODIES.filter((_, at) => at % 3 < 2));
});

test('lines whose number can not be the one that is asked for are not read', async () => {
  const all = await given('');
  const left = (pattern: RegExp): readonly string[] => all.filter((body) => pattern.test(body) || body.includes('\\'));
  expect(await given('| json | code >= 500')).toEqual(left(/code"?[:=](?:500|5e2|null|\{| |$)|status":\{"code|code=$/));
  expect(await given('| json | took > 1h')).toEqual(left(/took"?[:=]"?(?:90m|1h2m3s|2 s|soon)/));
  expect(await given('| json | nothing > 5')).toEqual(left(/^$/));
  for (const stages of ['| code > 900', '| json a="code" | code > 900', '| json | label_format x="y" | code > 900'])
    expect(await given(stages), stages).toEqual(all);
});

test('lines that can not have a label are not read, unless something else than the line may give it', async () => {
  expect(await given('| json | user="eve"')).toEqual(BODIES.filter((body) => /eve|\\/.test(body)));
  expect(await given('| json | user="eve" | code="500"')).toEqual(BODIES.filter((body) => /eve.*500|\\/.test(body)));
  expect(await given('| json | user=~"eve|bob"')).toEqual(BODIES.filter((body) => /eve|bob|\\/.test(body)));
  expect(await given('| json | user=~"e.*e" | code=~"50.+"')).toEqual(
    BODIES.filter((body) => /50|\\/.test(body) && /e|\\/.test(body)),
  );
  for (const stages of [
    '| json | user=~"(?i)EVE"',
    '| json | user=~".*"',
    '| json | user=~"eve|"',
    '| json | user=~"x?"',
  ])
    expect(await given(stages), stages).toEqual(BODIES);
  for (const stages of ['| json | team="x"', '| json | who_name="x"'])
    expect(await given(stages, 'rich'), stages).toEqual(BODIES);
  for (const stages of ['| json | host_name="x"', '| json | trace_id="x"', '| user="eve"', '| severity_number="9"'])
    expect(await given(stages), stages).toEqual(BODIES);
});
