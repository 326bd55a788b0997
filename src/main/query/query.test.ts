import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExplainedNode } from '#query/answers.ts';
import { askPrometheus } from './answer.ts';
import { printChart } from './chart.ts';
import { explainedIn, printExplanation } from './explain.ts';
import { nameOf, printCsv, printTable } from './print.ts';
import { printRows } from './sql.ts';
import { printRecord } from './tail.ts';
import { printWaterfall } from './waterfall.ts';

let server: Server;
let url = '';
let body = '';
let asked = '';
let status = 200;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.on('data', (data: Buffer) => {
      asked += data.toString();
    });
    asked = `${request.url} `;
    request.on('end', () => response.writeHead(status).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

function answering(data: object, rest: object = {}): void {
  body = JSON.stringify({ status: 'success', data, ...rest });
}

test('a vector is a table of what differs', async () => {
  answering(
    {
      resultType: 'vector',
      result: [
        { metric: { __name__: 'up', job: 'a', zone: 'z' }, value: [1, '1'] },
        { metric: { __name__: 'up', job: 'bb', zone: 'z' }, value: [1, '+Inf'] },
      ],
    },
    { warnings: ['PromQL warning: x'] },
  );
  const { series, notes } = await askPrometheus(url, '/api/v1/query', { query: 'up' });
  expect(asked).toBe('/api/v1/query query=up');
  expect(printTable(series)).toBe('up{zone="z"}\njob  value\na        1\nbb    +Inf\n');
  expect(notes).toEqual(['PromQL warning: x']);
  expect(series[1]!.points[0]!.value).toBe(Number.POSITIVE_INFINITY);
});

test('a matrix is values with commas, and a chart', async () => {
  const values = Array.from({ length: 10 }, (_, i) => [i * 60, String(i)]);
  answering({ resultType: 'matrix', result: [{ metric: { name: 'a,"b"' }, values }] });
  const { series } = await askPrometheus(url, '/api/v1/query_range', {});
  const lines = printCsv(series).split('\n');
  expect(lines.slice(0, 2)).toEqual(['time,name,value', '1970-01-01T00:00:00.000Z,"a,""b""",0']);
  expect(lines).toHaveLength(12);
  const chart = printChart(series, 60, false).split('\n');
  expect(chart[0]).toMatch(/^ {9}9 │ +[\u2800-\u28ff]+$/);
  expect(chart[13]).toMatch(/^ {9}0 │[\u2800-\u28ff]/);
  expect(chart[14]).toContain('1970-01-01 00:00:00');
  expect(chart[15]).toContain('● {name="a,\\"b\\""}  9');
});

const line = (name: string, ...values: readonly number[]) => ({
  labels: new Map([['job', name]]),
  points: values.map((value, i) => ({ timeMs: i * 15_000, value, text: String(value) })),
});

test('several lines have colours, or letters where there are none', () => {
  const series = [line('a', 9, 9, 9, 9), line('b', 0, 0, 0, 0)];
  const plain = printChart(series, 40, false);
  expect(plain).not.toContain('\u001b');
  const rows = plain.split('\n');
  expect(rows[0]).toBe(`${' '.repeat(9)}9 │${'a'.repeat(28)}`);
  expect(rows[13]).toBe(`${' '.repeat(9)}0 │${'b'.repeat(28)}`);
  expect(rows.slice(15, 17)).toEqual(['           a {job="a"}  9', '           b {job="b"}  0']);
  const colours = printChart(series, 40, true);
  expect(colours).toContain('\u001b[36m●\u001b[0m {job="a"}  9');
  expect(colours.split('\n')[0]!.split('\u001b[36m')).toHaveLength(29);
});

test('points are joined, gaps are not, and what is no number is said', () => {
  const joined = printChart([line('a', 0, 10)], 40, false);
  // Every row of the chart has a part of a line that goes up.
  for (const row of joined.split('\n').slice(0, 14)) expect(row).toMatch(/│.*[\u2801-\u28ff]/);
  const gap = printChart([line('a', 0, 0, Number.NaN, Number.NaN, 10, 10)], 40, false);
  for (const row of gap.split('\n').slice(2, 12)) expect(row).toMatch(/│$/);
  expect(printChart([line('a', 0, 0)], 40, false).split('\n')[13]).toMatch(/^ {9}0 │[\u2801-\u28ff]{28}$/);
  expect(printChart([line('a', Number.NaN)], 40, false)).toContain('no value is a number');
  const many = Array.from({ length: 9 }, (_, i) => line(`s${i}`, i));
  expect(printChart(many, 40, false)).toContain('and 3 more: --format table has all');
});

test('native histograms, scalars and nothing', async () => {
  answering({ resultType: 'vector', result: [{ metric: {}, histogram: [1, { count: '4', sum: '6' }] }] });
  expect(printTable((await askPrometheus(url, '/', {})).series)).toMatch(/^ +value\nhistogram of 4, sum 6\n$/);
  answering({ resultType: 'scalar', result: [1, '42'] });
  expect(printTable((await askPrometheus(url, '/', {})).series)).toBe('value\n   42\n');
  answering({ resultType: 'vector', result: [] });
  expect(printTable((await askPrometheus(url, '/', {})).series)).toBe('');
  expect(printChart([], 80, false)).toBe('');
});

test('what the server refuses, and what is no server', async () => {
  body = JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'no such thing' });
  await expect(askPrometheus(url, '/', {})).rejects.toThrow('no such thing');
  body = '<html>';
  await expect(askPrometheus(url, '/', {})).rejects.toThrow('is no Prometheus: it answered 200');
  await expect(askPrometheus('http://127.0.0.1:1', '/', {})).rejects.toThrow('no server answers at');
});

test('a table may be as long as an answer, and nothing in it steers the terminal', () => {
  const points = Array.from({ length: 200_000 }, (_, i) => ({ timeMs: i * 1000, value: i, text: String(i) }));
  const labels = (a: string): Map<string, string> => new Map([['a', a]]);
  const table = printTable([
    { labels: labels('\u001b[2J\n'), points },
    { labels: labels('b'), points: [] },
  ]);
  expect(table.split('\n')).toHaveLength(200_002);
  expect(table).toContain('\\u001b[2J\\u000a');
  expect(nameOf({ labels: labels('\u009b2J'), points })).toBe('{a="\\u009b2J"}');
});

test('an explanation is a tree of what each part took, then the statements', () => {
  const node = (expr: string, rest: Partial<ExplainedNode>): ExplainedNode => ({
    expr,
    how: [],
    ms: 1.25,
    series: 1,
    values: 60,
    samples: 0,
    statements: [],
    nodes: [],
    ...rest,
  });
  const rate = node('rate(m_total[5m])', { how: ['handed out'], ms: 12, samples: 12345, statements: [0] });
  const explain = {
    plan: node('sum(rate(m_total[5m]))', { nodes: [rate] }),
    statements: [{ sql: 'SELECT 1\n    FROM m', parameters: { p0: 'x' }, rowsRead: 2000, bytesRead: 9, storeMs: 3 }],
    totalMs: 15,
    storeMs: 3,
    rowsRead: 2000,
    bytesRead: 9,
    samples: 12405,
    peakSamples: 12400,
  };
  const found = explainedIn(JSON.stringify({ status: 'success', explain }));
  expect(printExplanation(found)).toBe(`sum(rate(m_total[5m]))
  1.3 ms, 1 series, 60 values
    rate(m_total[5m])
      12 ms, 1 series, 60 values, 12,345 samples, statements 1
      handed out

statement 1: 3.0 ms in the store, 2,000 rows read, 9 bytes
  SELECT 1
  FROM m
  p0 = x

all: 15 ms, of it 3.0 ms in the store; 2,000 rows, 9 bytes read
samples looked at or made: 12,405, held at a time: 12,400
`);
  expect(() => explainedIn('{"status":"success"}')).toThrow('explains no queries');
});

test('the command: flags before and behind the expression, and what is not found is no output', async () => {
  const run = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, '../cli.ts'), 'query', ...args]);
  answering({ resultType: 'vector', result: [{ metric: { job: 'a' }, value: [1, '7'] }] });
  const before = await run('--server', url, '-up');
  expect(before).toEqual({ stdout: '{job="a"}\nvalue\n    7\n', stderr: '' });
  expect(asked).toMatch(/^\/api\/v1\/query query=-up&time=/);
  expect(await run('-up', `--server=${url}`)).toEqual(before);
  answering({ resultType: 'vector', result: [] });
  expect(await run('--server', url, 'up')).toEqual({ stdout: '', stderr: 'nothing found\n' });
  answering({ resultType: 'matrix', result: [] });
  expect(await run('--range', '10m', 'up', '--server', url)).toEqual({ stdout: '', stderr: 'nothing found\n' });
  expect(asked).toMatch(/^\/api\/v1\/query_range query=up&start=/);
  expect((await run('up', '--format', 'csv', '--server', url)).stdout).toBe('time,value\n');
}, 60_000);

const TRACE = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  startMs: Date.UTC(2026, 10, 29, 10),
  durationNs: 1_500_000_000,
  services: ['gateway', 'payments'],
  names: ['POST /checkout', 'charge\u001b[2J'],
  hints: ['', '/checkout', 'northpay'],
  spans: {
    parent: [-1, 0, 1, -2],
    service: [0, 1, 1, 1],
    name: [0, 1, 1, 1],
    hint: [1, 2, 0, 0],
    startNs: [0, 750_000_000, 750_000_000, 1_499_999_999],
    durationNs: [1_500_000_000, 375_000_000, 1_000, 1],
    status: [0, 2, 0, 0],
  },
  totalSpanCount: 4,
};

test('a trace is a waterfall: bars at their place, errors marked, as wide as it may be', () => {
  const lines = printWaterfall(TRACE, { columns: 80, rows: 200, hasColours: false }).split('\n');
  expect(lines[0]).toBe(`${TRACE.traceId}  2026-11-29 10:00:00  1.50 s  4 spans, 1 error, 2 services`);
  expect(lines.slice(1, 5).map((line) => line.length)).toEqual([80, 80, 80, 80]);
  expect(lines[1]).toMatch(/^ {2}gateway {2}POST \/checkout +█{27,28} +1\.50 s$/);
  expect(lines[2]).toMatch(/^✗ {3}payments {2}charge\\u001b\[2J northpay +█{7} +375 ms$/);
  expect(lines[3]).toMatch(/▏ +1\.00 µs$/);
  expect(lines[4]).toMatch(/^ {2}payments {2}\(parent missing\) charge.*▏ {5}1 ns$/);
  // Half way for what begins at half time.
  const width = lines[1]!.match(/█/g)!.length;
  expect(lines[2]!.indexOf('█') - lines[1]!.indexOf('█')).toBe(Math.floor(width / 2));
  const painted = printWaterfall(TRACE, { columns: 80, rows: 2, hasColours: true });
  expect(painted).toContain('\u001b[31m✗\u001b[0m');
  expect(painted).toContain('… 2 more spans: --items 4\n');
  for (const columns of [20, 60, 200])
    for (const line of printWaterfall(TRACE, { columns, rows: 9, hasColours: false }).split('\n').slice(1, 5))
      expect(line.length).toBe(Math.max(columns, 34));
});

test('rows of SQL stand in columns, numbers at the right', () => {
  const meta = [
    { name: 'service', type: 'LowCardinality(String)' },
    { name: 'n', type: 'UInt64' },
    { name: 'tags', type: 'Map(String, String)' },
  ];
  const data = [
    ['orders', '12', { a: '\u001b' }],
    ['x', '3', {}],
  ];
  expect(printRows(JSON.stringify({ meta, data }))).toBe(
    'service   n  tags\norders   12  {"a":"\\\\u001b"}\nx         3  {}\n'.replace('\\\\', '\\'),
  );
  expect(printRows('1\t2\n')).toBe('1\t2\n');
});

test('a record is a line, its level with a colour on a terminal', () => {
  const record = {
    id: 'i',
    timeMs: 5,
    service: 'a',
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'x\ny',
    traceId: 'ab',
  };
  expect(printRecord(record, false)).toBe('1970-01-01 00:00:00.005  ERROR  a  x\\u000ay  trace=ab\n');
  expect(printRecord({ ...record, body: { k: 1 }, traceId: '' }, true)).toContain(
    '\u001b[31mERROR\u001b[0m  a  {"k":1}\n',
  );
});

test('the other languages, and a trace: what is asked, what is printed, and mistakes with their place', async () => {
  const cli = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, '../cli.ts'), ...args, '--server', url]);
  body = JSON.stringify({ meta: [{ name: 'n', type: 'UInt8' }], data: [[1]] });
  expect((await cli('query', 'sql', 'SELECT 1 AS n')).stdout).toBe('n\n1\n');
  expect(asked).toBe('/api/sql?format=JSONCompact&limit=1000&integers=text SELECT 1 AS n');
  status = 400;
  body = JSON.stringify({ error: { code: 'bad_query', message: 'no such column', start: 7, end: 8 } });
  await expect(cli('query', 'sql', 'SELECT y')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no such column\n  SELECT y\n         ^'),
  });
  status = 200;
  answering({
    resultType: 'streams',
    result: [
      {
        stream: { service_name: 'a', detected_level: 'error' },
        values: [
          ['2000000', 'two'],
          ['1000000', 'one'],
        ],
      },
    ],
  });
  expect((await cli('query', 'logql', '{service_name="a"}')).stdout).toBe(
    '1970-01-01 00:00:00.001  error  a  one\n1970-01-01 00:00:00.002  error  a  two\n',
  );
  expect(asked).toMatch(
    /^\/loki\/api\/v1\/query_range query=%7Bservice_name%3D%22a%22%7D&limit=100&start=\d+000000&end=\d+000000&step=\d+$/,
  );
  answering({ resultType: 'vector', result: [{ metric: { a: 'b' }, value: [1, '7'] }] });
  expect((await cli('query', 'logql', 'count_over_time({a="b"}[5m])')).stdout).toBe('{a="b"}\nvalue\n    7\n');
  body = JSON.stringify({
    traces: [
      {
        traceID: 'af',
        rootServiceName: 'gateway',
        rootTraceName: 'GET /',
        startTimeUnixNano: '1000000000',
        durationMs: 1500,
        spanSets: [{ matched: 3 }],
      },
    ],
  });
  expect((await cli('query', 'traceql', '{ name = "| rate()" }')).stdout.split('\n')[1]).toBe(
    `${'af'.padStart(32, '0')}  1970-01-01 00:00:01    1.50 s        3  gateway GET /`,
  );
  expect(asked).toMatch(/^\/tempo\/api\/search\?q=.*&limit=20 $/);
  body = JSON.stringify({
    series: [{ labels: [{ key: 's', value: { stringValue: 'a' } }], samples: [{ timestampMs: '1000', value: 2 }] }],
  });
  expect((await cli('query', 'traceql', '{ } | rate() by (resource.service.name)', '--format', 'csv')).stdout).toBe(
    'time,s,value\n1970-01-01T00:00:01.000Z,a,2\n',
  );
  expect(asked).toMatch(/^\/tempo\/api\/metrics\/query_range\?q=.*&step=\d+s $/);
  body = JSON.stringify(TRACE);
  const { stdout } = await cli('trace', 'af', '--items', '2');
  expect([asked, stdout.split('\n')[3]]).toEqual(['/api/console/traces/af ', '… 2 more spans: --items 4']);
  expect(stdout).not.toContain('\u001b');
  await expect(cli('query', 'sqll', 'x')).rejects.toMatchObject({
    stderr: expect.stringContaining('did you mean sql?'),
  });
}, 120_000);
