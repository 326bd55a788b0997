import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askPrometheus } from './answer.ts';
import { printChart } from './chart.ts';
import { printCsv, printTable } from './print.ts';

let server: Server;
let url = '';
let body = '';
let asked = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    request.on('data', (data: Buffer) => {
      asked = `${request.url} ${data.toString()}`;
    });
    request.on('end', () => response.end(body));
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
  expect(chart[0]).toMatch(/^ {9}9 │ +[\u2800-\u28ff]$/);
  expect(chart[13]).toMatch(/^ {9}0 │[\u2800-\u28ff]/);
  expect(chart[14]).toContain('1970-01-01 00:00:00');
  expect(chart[15]).toContain('● {name="a,\\"b\\""}  9');
});

test('native histograms, scalars and nothing', async () => {
  answering({ resultType: 'vector', result: [{ metric: {}, histogram: [1, { count: '4', sum: '6' }] }] });
  expect(printTable((await askPrometheus(url, '/', {})).series)).toMatch(/^ +value\nhistogram of 4, sum 6\n$/);
  answering({ resultType: 'scalar', result: [1, '42'] });
  expect(printTable((await askPrometheus(url, '/', {})).series)).toBe('value\n   42\n');
  answering({ resultType: 'vector', result: [] });
  expect(printTable((await askPrometheus(url, '/', {})).series)).toBe('nothing\n');
  expect(printChart([], 80, false)).toBe('nothing to draw\n');
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
});
