import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogRecord, SeverityGroup } from '../answers/index.ts';
import { type FixtureLog, insertLogs, insertSpans, randomNumbers } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { followLogs } from './follow-logs.ts';
import { countLines, findLinePatterns, readLines, searchLines } from './logql-lines.ts';
import {
  type LogQuery,
  logHistogram,
  readLog,
  readTraceLogs,
  SEVERITY_GROUPS,
  searchLogs,
  severityName,
} from './logs.ts';
import { readLogPatterns } from './patterns.ts';

const FROM_MS = 1_760_000_000_000;
const TO_MS = FROM_MS + 3_600_000;
const FROM_NS = BigInt(FROM_MS) * 1_000_000n;
const bodies = [
  'request done',
  'Time-out of upstream payments-1',
  'connection refused by db',
  'slow query: SELECT 1',
  'retry 3 of 5',
];

/** 500 records of which many share a moment, and some are the same in every column. */
function makeLogs(): readonly FixtureLog[] {
  const random = randomNumbers(7);
  return Array.from({ length: 500 }, (_, i) => ({
    timeNs: FROM_NS + BigInt(Math.floor(random() * 60)) * 60_000_000_000n + (i % 3 === 0 ? BigInt(i) : 0n),
    service: ['gateway', 'orders', 'payments'][i % 3]!,
    body: bodies[Math.floor(random() * bodies.length)]!,
    severityNumber: [0, 1, 5, 9, 10, 13, 17, 21][Math.floor(random() * 8)]!,
    ...(i % 5 === 0 && { traceId: 'abc', spanId: i % 2 === 0 ? '1' : '2' }),
    attributes: i % 7 === 0 ? { 'thread.id': i % 4, 'code.function': 'f' } : {},
    resource: { 'deployment.environment.name': i % 3 === 0 ? 'test' : 'prod' },
  }));
}

const logs = makeLogs();
let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertLogs(store, logs);
  await insertLogs(store, [
    {
      timeNs: FROM_NS - 5_000_000_000n,
      service: 'early',
      body: '{"a":[1,2.0],"b":{"$bytes":"AQI="}}',
      bodyType: 6,
      eventName: 'e',
      severityText: 'NOTICE',
      severityNumber: 10,
    },
  ]);
  await insertSpans(store, [
    { traceId: 'abc', spanId: '1', timeNs: FROM_NS, durationNs: 1, service: 'gateway', name: 'x' },
  ]);
});
afterAll(() => store.close());

const base: LogQuery = { fromMs: FROM_MS, toMs: TO_MS, limit: 2000, direction: 'older' };
const search = (query: Partial<LogQuery>) => searchLogs(store.reader, { ...base, ...query });
const keyOf = (log: { timeNs: bigint | string; service: string; body: unknown; severityNumber?: number }) =>
  `${log.timeNs} ${log.service} ${log.severityNumber} ${log.body}`;
const groupOf = (number: number): SeverityGroup =>
  number === 0 ? 'unset' : SEVERITY_GROUPS[Math.floor((number - 1) / 4)]!;

describe('searchLogs', () => {
  test.each<{ name: string; query: Partial<LogQuery>; matches: (log: FixtureLog) => boolean }>([
    { name: 'everything', query: {}, matches: () => true },
    { name: 'a service', query: { service: 'orders' }, matches: (log) => log.service === 'orders' },
    {
      name: 'severities',
      query: { severities: ['error', 'unset'] },
      matches: (log) => ['error', 'unset'].includes(groupOf(log.severityNumber!)),
    },
    { name: 'a trace', query: { traceId: 'ABC' }, matches: (log) => log.traceId === 'abc' },
    { name: 'an environment', query: { environment: 'test' }, matches: (log) => log.service === 'gateway' },
    {
      name: 'a phrase across words',
      query: { q: '"OUT OF UPSTREAM PAY"' },
      matches: (log) => log.body.includes('upstream'),
    },
    { name: 'half a word', query: { q: 'efus' }, matches: (log) => log.body.includes('refused') },
    { name: 'what lacks a phrase', query: { q: '-"retry 3 of"' }, matches: (log) => !log.body.startsWith('retry') },
    { name: 'severity in order', query: { q: 'severity>=warn' }, matches: (log) => log.severityNumber! >= 13 },
    {
      name: 'an attribute',
      query: { q: 'thread.id=2' },
      matches: (log) => (log.attributes as { [key: string]: unknown })['thread.id'] === 2,
    },
    {
      name: 'a body by regular expression',
      query: { q: 'body~"^(slow|retry)"' },
      matches: (log) => /^(slow|retry)/.test(log.body),
    },
    { name: 'a span', query: { q: 'trace=abc span=2' }, matches: (log) => log.spanId === '2' },
    { name: 'records with a trace', query: { q: 'trace=*' }, matches: (log) => log.traceId !== undefined },
  ])('finds $name', async ({ query, matches }) => {
    const page = await search(query);
    const expected = logs.filter(matches);
    expect(page.logs.map(keyOf).sort()).toEqual(expected.map(keyOf).sort());
    const times = page.logs.map((log) => BigInt(log.timeNs));
    expect(times).toEqual([...times].sort((a, b) => (a < b ? 1 : -1)));
    expect(page.truncated).toBe(false);
  });

  test.each([1, 30, 100])('pages of %i records give every record once, newest first', async (limit) => {
    const found: LogRecord[] = [];
    let cursor: string | undefined;
    for (let i = 0; i < 1000; i++) {
      const page: Awaited<ReturnType<typeof search>> = await search({
        limit,
        cursor,
        q: limit === 1 ? 'severity=fatal service=orders' : '',
      });
      found.push(...page.logs);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    const whole = await search({ q: limit === 1 ? 'severity=fatal service=orders' : '' });
    expect(found.map((log) => log.id)).toEqual(whole.logs.map((log) => log.id));
    expect(new Set(found.map((log) => log.id)).size).toBe(found.length);
  });

  test('newer records than the newest that was seen', async () => {
    const whole = (await search({})).logs;
    const seen = whole[40]!;
    const newer = await search({ cursor: seen.id, direction: 'newer' });
    expect(newer.logs.map((log) => log.id)).toEqual(whole.slice(0, 40).map((log) => log.id));
    expect((await search({ cursor: whole[0]!.id, direction: 'newer' })).logs).toEqual([]);
  });

  test('bodies that are no text come back as what they are', async () => {
    const [log] = (await search({ fromMs: FROM_MS - 10_000, toMs: FROM_MS })).logs;
    expect(log).toMatchObject({
      body: { a: [1, 2], b: 'AQI=' },
      eventName: 'e',
      severityText: 'NOTICE',
      traceId: '',
      spanId: '',
    });
    expect(log!.resource).toEqual({ 'service.name': 'early' });
  });

  test('an empty page says where the nearest record is', async () => {
    const page = await search({ service: 'early' });
    expect(page.logs).toEqual([]);
    expect(page.nearestMs).toBe(FROM_MS - 5000);
  });

  test.each(['1 OR 1', '9223372036854775808-1-1', '1-9999999999999999999-1', '1-1-4294967296', '1-00000000000000aa-0'])(
    'a made-up cursor is refused: %s',
    async (cursor) => {
      await expect(search({ cursor })).rejects.toMatchObject({ code: 'bad_query' });
    },
  );

  test('a record is read by its id, also one of those that equal it', async () => {
    const all = (await search({})).logs;
    const alike = all.filter((log, i) => i > 0 && keyOf(log) === keyOf(all[i - 1]!));
    expect(alike.length).toBeGreaterThan(0);
    for (const log of alike.slice(0, 5)) expect(await readLog(store.reader, log.id)).toEqual(log);
    await expect(readLog(store.reader, '1-1-1')).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('the histogram counts by severity, and services under the other filters', async () => {
  const filter = { fromMs: FROM_MS, toMs: TO_MS, service: 'orders', q: 'retry' };
  const histogram = await logHistogram(store.reader, filter);
  const expected = logs.filter((log) => log.body.startsWith('retry'));
  const own = expected.filter((log) => log.service === 'orders');
  expect(histogram.total).toBe(own.length);
  for (const { severity, counts, total } of histogram.groups) {
    const group = own.filter((log) => groupOf(log.severityNumber!) === severity);
    expect(total).toBe(group.length);
    counts.forEach((count, i) => {
      const startMs = histogram.grid.startMs + i * histogram.grid.stepMs;
      const inBucket = group.filter((log) => {
        const ms = Number(log.timeNs / 1_000_000n);
        return ms >= startMs && ms < startMs + histogram.grid.stepMs;
      });
      expect(count).toBe(inBucket.length);
    });
  }
  expect(new Map(histogram.services.map(({ name, count }) => [name, count]))).toEqual(
    new Map(
      ['gateway', 'orders', 'payments'].map((name) => [name, expected.filter((log) => log.service === name).length]),
    ),
  );
});

test('the logs of a trace and of a span, oldest first', async () => {
  const all = await readTraceLogs(store.reader, { traceId: 'abc', limit: 5000 });
  expect(all.logs).toHaveLength(logs.filter((log) => log.traceId === 'abc').length);
  const times = all.logs.map((log) => BigInt(log.timeNs));
  expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
  const ofSpan = await readTraceLogs(store.reader, { traceId: 'abc', spanId: '2', limit: 3 });
  expect(ofSpan.truncated).toBe(true);
  expect(ofSpan.logs.every((log) => log.spanId.endsWith('2'))).toBe(true);
});

test('severity names', () => {
  expect([0, 1, 9, 12, 24, 25].map(severityName)).toEqual(['', 'TRACE', 'INFO', 'INFO4', 'FATAL4', '']);
});

test('patterns are what lines of a kind have in common, counted, the most frequent first', async () => {
  const { patterns, patternCount, lookedAt, isWhole } = await readLogPatterns(store.reader, {
    fromMs: FROM_MS,
    toMs: TO_MS,
  });
  const { logs } = await search({});
  expect([lookedAt, isWhole, patterns.length]).toEqual([logs.length, true, patternCount]);
  expect(patterns.reduce((sum, { count }) => sum + count, 0)).toBe(logs.length);
  for (const { counts, count } of patterns) expect(counts.reduce((sum, n) => sum + n, 0)).toBe(count);
  expect(patterns.map(({ count }) => count)).toEqual(patterns.map(({ count }) => count).sort((a, b) => b - a));
  expect(logs.map(({ id }) => id)).toContain(patterns[0]!.sampleId);
});

describe('LogQL', () => {
  const page = async (query: string, more: Partial<LogQuery> = {}) => {
    const lines = await readLines(store.reader, query, base);
    const asked = { ...base, ...more };
    return lines.condition === undefined
      ? searchLines(store.reader, lines, asked)
      : searchLogs(store.reader, { ...asked, matching: lines.condition });
  };

  test.each<{ query: string; isInStore: boolean; matches: (log: FixtureLog) => boolean; more?: Partial<LogQuery> }>([
    { query: '{service_name="orders"}', isInStore: true, matches: ({ service }) => service === 'orders' },
    {
      query: '{service_name=~"orders|gateway"} |= "db" != "slow"',
      isInStore: true,
      matches: ({ service, body }) => service !== 'payments' && body.includes('db'),
    },
    {
      query: '{service_name="orders"} | detected_level="fatal"',
      isInStore: false,
      matches: (log) => log.service === 'orders' && log.severityNumber === 21,
    },
    {
      query: '{service_name=~".+"} |= "retry 3" | json',
      isInStore: false,
      matches: ({ body }) => body.includes('retry 3'),
    },
    {
      query: '{service_name=~".+"} | pattern "retry <n> of <total>" | n = 3',
      isInStore: false,
      matches: ({ body }) => body.startsWith('retry 3'),
    },
    {
      query: '{service_name=~".+"} | thread_id="2"',
      isInStore: false,
      more: { severities: ['error'], environment: 'prod' },
      matches: (log) =>
        (log.attributes as { [key: string]: unknown })['thread.id'] === 2 &&
        log.severityNumber === 17 &&
        log.service !== 'gateway',
    },
  ])('$query finds the same lines on pages, in counts and in patterns', async ({ query, isInStore, matches, more }) => {
    const lines = await readLines(store.reader, query, base);
    expect(lines.condition !== undefined).toBe(isInStore);
    const expected = logs.filter(matches).map(keyOf).sort();
    expect(expected.length).toBeGreaterThan(0);
    const found: LogRecord[] = [];
    for (let cursor: string | undefined; ; ) {
      const part: Awaited<ReturnType<typeof page>> = await page(query, { ...more, limit: 7, cursor });
      found.push(...part.logs);
      cursor = part.nextCursor;
      if (cursor === undefined) break;
    }
    expect(found.map(keyOf).sort()).toEqual(expected);
    const times = found.map(({ timeNs }) => BigInt(timeNs));
    expect(times).toEqual([...times].sort((a, b) => (a < b ? 1 : -1)));
    const newer = await page(query, { ...more, cursor: found.at(-1)!.id, direction: 'newer' });
    expect(newer.logs.map(({ id }) => id)).toEqual(found.slice(0, -1).map(({ id }) => id));
    const counted = await countLines(store.reader, lines, { ...base, ...more });
    expect(counted.total).toBe(expected.length);
    expect(counted.services.reduce((sum, { count }) => sum + count, 0)).toBe(expected.length);
    const patterns = await findLinePatterns(store.reader, lines, { ...base, ...more });
    expect(patterns.lookedAt).toBe(expected.length);
  });

  test('what a stage takes out of a line, and another line that it makes, are told', async () => {
    const query = '{service_name=~".+"} | pattern "retry <n> of <total>" | n = 3 | line_format "again {{.n}}"';
    const { logs: found } = await page(query, { limit: 1 });
    expect(found[0]).toMatchObject({ body: 'again 3', parsed: { n: '3', total: '5' } });
  });

  test('a mistake has its place; a query for series finds no lines', async () => {
    await expect(readLines(store.reader, '{a="b"} |= ', base)).rejects.toMatchObject({ code: 'bad_query', start: 11 });
    await expect(readLines(store.reader, 'rate({a="b"}[1m])', base)).rejects.toMatchObject({ code: 'bad_query' });
  });
});

test('records are followed as they arrive, whatever their times', async () => {
  const follow = async (q: string, late: readonly FixtureLog[]): Promise<readonly (readonly unknown[])[]> => {
    const isLogql = q.startsWith('{');
    const lines = isLogql ? await readLines(store.reader, q, base) : undefined;
    const filter = lines?.condition === undefined ? { q: isLogql ? undefined : q } : { matching: lines.condition };
    const looks: string[][] = [];
    const followed = {
      filter,
      lines: lines?.condition === undefined ? lines : undefined,
      ...{ limit: 2, fromMs: FROM_MS, nowMs: () => Date.now() + 5_000, pause: async () => undefined },
    };
    for await (const records of followLogs(store.reader, followed)) {
      looks.push(records.map(({ body }) => String(body)));
      if (looks.length === 1) for (const log of late) await insertLogs(store, [log]);
      if (looks.length === 3) break;
    }
    return looks;
  };
  const of = (body: string, timeNs: bigint) => ({ timeNs, service: 'late', body, severityNumber: 9 });
  expect(
    await follow('service=late', [of('now', FROM_NS + 9_000n), of('from before', FROM_NS - 90_000_000_000_000n)]),
  ).toEqual([[], ['from before', 'now'], []]);
  const again = [of('n=1', FROM_NS + 10_000n), of('n=2', FROM_NS - 80_000_000_000_000n)];
  expect(await follow('{service_name="late"} | logfmt | n = 2', again)).toEqual([[], ['n=2'], []]);
  expect(await follow('{service_name="late"} |= "n="', [of('n=3', FROM_NS)])).toEqual([['n=1'], ['n=3'], []]);
});
