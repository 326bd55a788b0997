import { afterAll, beforeAll, expect, test } from 'vitest';
import { messageOf } from '#base';
import { type MetricExpr, parseLogql } from '#lang/logql';
import { type FixtureLog, insertLogs } from '../../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../testing/test-store.ts';
import { queryMetricInstant, StoredLines } from '../index.ts';

const FROM_MS = 1_760_000_000_000;

/** What stands at a key, as it may be written: mostly plain, and odd in each way that a parser minds. */
const JSON_VALUES: readonly string[] = [
  ...[
    '"ann"',
    '"eve"',
    '"an\\u006e"',
    '"a\\"nn"',
    '""',
    '"7"',
    '"-7"',
    '"007"',
    '"7.50"',
    '"7 "',
    '"ann, code"',
    '"größer"',
  ],
  ...[
    '7',
    '-7',
    '0',
    '-0',
    '7.50',
    '7.5',
    '7.5000000001',
    '7e0',
    '70E-1',
    '123456789012345678',
    '18446744073709551615',
  ],
  ...['123456789012345678901234', '1e400', 'true', 'false', 'null', '{}', '[]', '[7]', '{"user":"ann"}', '{"code":7}'],
  ...['"5s"', '"500ms"', '"1m30s"', '"0.5s"', '"0.50s"', '"1h"', '"soon"', '7s', 'tru', '07', '+7', "'ann'", '"ann\t"'],
];
const JSON_KEYS: readonly string[] = [
  'user',
  'code',
  'http_code',
  'http.code',
  'http',
  'a user',
  'took',
  '',
  '__error__',
  'error',
  'usER',
];
const LOGFMT_VALUES: readonly string[] = [
  ...[
    'ann',
    'eve',
    '"ann"',
    '"a nn"',
    '""',
    '',
    '7',
    '-7',
    '7.50',
    '7.5',
    '"7"',
    '007',
    '7e0',
    '5s',
    '500ms',
    '"0.5s"',
    '1m30s',
  ],
  ...[
    '"a\\"nn"',
    'a"nn',
    '"ann',
    "'ann'",
    'a=b',
    '"user=ann"',
    '" user=ann "',
    'a\\nn',
    'größer',
    '"ann"x',
    'true',
    '1e400',
    'soon',
  ],
];
const LOGFMT_KEYS: readonly string[] = [
  'user',
  'code',
  'http_code',
  'http.code',
  'took',
  'a-user',
  '7user',
  '__error__',
  'usER',
  'größe',
];

/** The same numbers for every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

function bodies(): readonly string[] {
  const below = chance(7);
  const one = (list: readonly string[]): string => list[below(list.length)]!;
  /** Most lines of a program are of one form. */
  const mostly = (list: readonly string[]): string => list[below(below(3) === 0 ? list.length : 2)]!;
  const json = (): string => {
    const members = Array.from(
      { length: below(4) },
      () => `"${mostly(JSON_KEYS)}":${below(4) === 0 ? ' ' : ''}${one(JSON_VALUES)}`,
    );
    const text = `{${members.join(below(4) === 0 ? ', ' : ',')}}`;
    return [
      text,
      text,
      text,
      text,
      text,
      `${text} and more`,
      text.slice(0, -1),
      ` ${text}`,
      `[${text}]`,
      text.replace('"', '\ud83d\ude00'),
    ][below(10)]!;
  };
  const logfmt = (): string => {
    const pairs = Array.from({ length: below(4) }, () => `${mostly(LOGFMT_KEYS)}=${one(LOGFMT_VALUES)}`);
    const text = pairs.join(' ');
    return [
      text,
      text,
      text,
      text,
      text,
      `${text} alone`,
      `alone ${text}`,
      pairs.join('  '),
      `${text} `,
      ` ${text}`,
      pairs.join('\t'),
    ][below(11)]!;
  };
  return Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? json() : logfmt()));
}

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  const below = chance(11);
  await insertLogs(
    store,
    bodies().map(
      (body, at): FixtureLog => ({
        timeNs: BigInt(FROM_MS + at * 50) * 1_000_000n + 1n,
        service: at % 2 === 0 ? 'json' : 'logfmt',
        severityNumber: [9, 17][below(2)]!,
        severityText: '',
        body,
        resource: { 'host.name': 'carl' },
        ...(at === 0 ? { attributes: { team: 'ann' } } : {}),
      }),
    ),
  );
});
afterAll(() => store.close());

type Count = ReturnType<StoredLines['count']>;

/** Tells no counts. */
class OnlyRead extends StoredLines {
  override async count(): Promise<undefined> {
    return undefined;
  }
}

/** Notes what was counted, and how many lines were read. */
class Watched extends StoredLines {
  hasCounted = false;
  lines = 0;
  override async count(...asked: Parameters<StoredLines['count']>): Count {
    const counted = await super.count(...asked);
    this.hasCounted ||= counted !== undefined;
    return counted;
  }
  override async *read(selection: Parameters<StoredLines['read']>[0]): ReturnType<StoredLines['read']> {
    for await (const part of super.read(selection)) {
      this.lines += part.length;
      yield part;
    }
  }
}

async function answer(source: StoredLines, text: string): Promise<unknown> {
  try {
    const found = await queryMetricInstant({ expr: parseLogql(text) as MetricExpr, text, source }, FROM_MS + 60_000);
    if (found.type !== 'vector' && found.type !== 'matrix') throw new Error(found.type);
    return found.series.map(({ labels, floats }) => [labels.toString(), floats[0]]).sort();
  } catch (error) {
    return messageOf(error);
  }
}

const FILTERS: readonly string[] = [
  ...[
    'user="ann"',
    'user!="ann"',
    'user=""',
    'user!=""',
    'user=~"ann|eve"',
    'user!~"a.*"',
    'user=~"(?i)ANN.*"',
    'user="größer"',
  ],
  ...[
    'code="7"',
    'code="true"',
    'code="7.50"',
    'code="0"',
    'code!="7"',
    'code="7" or user="ann"',
    'user="ann" and code!="7"',
  ],
  ...[
    'code == 7',
    'code != 7',
    'code > 7',
    'code >= 7',
    'code < 7.5',
    'code <= 7.5',
    'code >= 0',
    'code == -7',
    'http_code > 1',
  ],
  ...[
    'took > 1s',
    'took <= 500ms',
    'took == 500ms',
    'took != 5s',
    'http_code="7"',
    'http_user="ann"',
    'a_user="ann"',
    'code > 1e300',
  ],
  ...['user="ann" | code >= 7', 'code > 1 or took > 1s'],
];

/** With errors of lines, and where the query takes them out. */
const QUERIES: readonly ((logs: string, filter: string) => string)[] = [
  (logs, filter) => `sum(count_over_time(${logs} | ${filter} [1m]))`,
  (logs, filter) =>
    `sum by (service_name, detected_level) (bytes_over_time(${logs} | __error__="" | ${filter} | __error__="" [1m]))`,
];

test.each(
  (['json', 'logfmt'] as const).flatMap((parser) =>
    FILTERS.filter((_, i) => parser === 'json' || i % 2 === 0).map((filter, i) => ({
      parser,
      filter,
      query: QUERIES[i % QUERIES.length]!,
    })),
  ),
)('| $parser | $filter is counted as it is read', async ({ parser, filter, query }) => {
  const watched = new Watched(store.reader);
  const text = query(`{service_name="${parser}"} | ${parser}`, filter);
  const [counted, read] = await Promise.all([answer(watched, text), answer(new OnlyRead(store.reader), text)]);
  expect(counted, text).toEqual(read);
  expect(watched.hasCounted, text).toBe(true);
});

test.each([
  ['json', 'user="ann" | __error__=""', 150],
  ['json', 'code >= 7 | __error__=""', 300],
  ['logfmt', 'user="ann" | __error__=""', 300],
  ['logfmt', 'code >= 7 | __error__=""', 300],
])('| %s | %s: lines of a plain form are not read', async (parser, filter, most) => {
  const watched = new Watched(store.reader);
  const found = await answer(watched, `sum(count_over_time({service_name="${parser}"} | ${parser} | ${filter} [1m]))`);
  expect(found).toEqual([['{}', expect.any(Number)]]);
  expect(watched.lines).toBeLessThan(most);
});

test.each([
  // Something else than the line may say it, or the label is put together in a way that the store can't follow.
  'sum(count_over_time({service_name="json"} | json | service_name="json" [1m]))',
  'sum(count_over_time({service_name="json"} | json | severity_number="9" [1m]))',
  'sum(count_over_time({service_name="json"} | json | host_name="carl" [1m]))',
  'sum(count_over_time({service_name="json"} | json | team="ann" [1m]))',
  'sum(count_over_time({service_name="json"} | json | user_extracted="ann" [1m]))',
  'sum(count_over_time({service_name="json"} | json | code > 7B [1m]))',
  'sum(count_over_time({service_name="json"} | json | user=ip("10.0.0.0/8") | __error__="" [1m]))',
  'sum(count_over_time({service_name="json"} | json u="user" | u="ann" [1m]))',
  'sum(count_over_time({service_name="json"} | json | line_format "{{.user}}" | user="ann" [1m]))',
  'sum(count_over_time({service_name="logfmt"} | logfmt --strict | user="ann" | __error__="" [1m]))',
  'sum(count_over_time({service_name="logfmt"} | logfmt --keep-empty | user="ann" [1m]))',
  'sum by (user) (count_over_time({service_name="logfmt"} | logfmt | user="ann" [1m]))',
])('%s is read', async (text) => {
  const watched = new Watched(store.reader);
  expect(await answer(watched, text)).toEqual(await answer(new OnlyRead(store.reader), text));
  expect(watched.hasCounted).toBe(false);
});
