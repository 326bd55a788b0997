/** Why a list is empty, asked over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FixtureSpan, insertLogs, insertSpans } from '../../query/testing/fixtures.ts';
import { startTestStore, type TestStore } from '../../query/testing/test-store.ts';
import { type RunningServer, startServer } from '../index.ts';
import type { EmptyReasonResponse, LogsResponse, TracesResponse } from './types.ts';

const FROM_MS = 1_760_000_000_000;
const range = { from: String(FROM_MS), to: String(FROM_MS + 3_600_000) };
const at = (seconds: number): bigint => BigInt(FROM_MS + seconds * 1000) * 1_000_000n;

let store: TestStore;
let server: RunningServer;
beforeAll(async () => {
  store = await startTestStore();
  server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
  const spans = Array.from({ length: 12 }, (_, i): FixtureSpan => {
    const isCart = i % 3 === 0;
    return {
      traceId: (0xa000 + i).toString(16),
      spanId: (0xb000 + i).toString(16),
      timeNs: at(i),
      durationNs: isCart ? 5e6 : 500e6,
      service: isCart ? 'cart' : 'orders',
      name: isCart ? 'GET /cart' : 'POST /orders',
      status: isCart ? 2 : 1,
      attributes: { 'http.route': isCart ? '/api/cart' : '/api/orders', code: isCart ? 500 : 200 },
      resource: { 'deployment.environment.name': 'production' },
    };
  });
  await insertSpans(store, spans);
  await insertLogs(
    store,
    Array.from({ length: 6 }, (_, i) => ({
      timeNs: at(i),
      service: 'orders',
      severityNumber: i < 4 ? 9 : 17,
      body: 'connection not found',
      attributes: { tenant: i < 3 ? 'blue' : 'green' },
    })),
  );
});
afterAll(async () => {
  await server.close();
  await store.close();
});

async function get<T>(path: string, parameters: Record<string, string>): Promise<T> {
  const response = await fetch(`${server.url}/api/console${path}?${new URLSearchParams({ ...range, ...parameters })}`);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function reasonOf(list: '/traces' | '/logs', parameters: Record<string, string>): Promise<EmptyReasonResponse> {
  const found = await get<TracesResponse & LogsResponse>(list, parameters);
  expect((found.traces ?? found.logs).length, 'the list is empty').toBe(0);
  return get(`${list}/empty-reason`, parameters);
}

describe('a condition that excludes everything', () => {
  test('is named, and a misspelt value gets those that look like it', async () => {
    const q = 'status=error http.route=/api/crat';
    const { lookedAt, all, conditions } = await reasonOf('/traces', { q });
    expect({ lookedAt, all }).toEqual({ lookedAt: 12, all: true });
    expect(conditions).toMatchObject([
      { parameter: 'q', text: 'status=error', alone: 4, without: 0, withoutQ: 'http.route=/api/crat', suggestions: [] },
      { text: 'http.route=/api/crat', alone: 0, without: 4, withoutQ: 'status=error', areAlike: true },
    ]);
    expect(conditions[1]!.suggestions).toEqual([
      { value: '/api/cart', count: 4, q: 'status=error http.route=/api/cart' },
    ]);
    const found = await get<TracesResponse>('/traces', { q: conditions[1]!.suggestions[0]!.q! });
    expect(found.traces).toHaveLength(4);
  });

  test('may be the chosen service, or the environment', async () => {
    const { conditions } = await reasonOf('/traces', { service: 'ordesr', environment: 'prod', status: 'ok' });
    expect(conditions.map(({ parameter, alone }) => [parameter, alone])).toEqual([
      ['environment', 0],
      ['service', 0],
      ['status', 8],
    ]);
    expect(conditions[1]).toMatchObject({ areAlike: true, suggestions: [{ value: 'orders', count: 8 }] });
  });

  test('with a value that looks like none gets the most frequent', async () => {
    const { conditions } = await reasonOf('/traces', { q: 'service=zzzzzzzz' });
    expect(conditions[0]).toMatchObject({ areAlike: false, alone: 0, without: 12, withoutQ: '' });
    expect(conditions[0]!.suggestions.map(({ value, q }) => [value, q])).toEqual([
      ['orders', 'service=orders'],
      ['cart', 'service=cart'],
    ]);
  });

  test('with a key that nothing has gets the key that looks like it', async () => {
    const { conditions } = await reasonOf('/traces', { q: 'http.rout=/api/cart' });
    expect(conditions[0]!.suggestions[0]).toMatchObject({ value: 'http.route', q: 'http.route=/api/cart' });
  });

  test('of numbers: a suggestion is written so that it matches numbers', async () => {
    const { conditions } = await reasonOf('/traces', { q: 'code=501' });
    expect(conditions[0]!.suggestions[0]!.q).toBe('code=500');
    expect((await get<TracesResponse>('/traces', { q: 'code=500' })).traces).toHaveLength(4);
  });
});

test('conditions that only together exclude everything say what is found without each', async () => {
  const q = 'http.route=/api/cart AND (code=200 OR code=201)';
  const { conditions } = await reasonOf('/traces', { q, minDurationNs: '1' });
  expect(conditions.map(({ text, alone, without }) => [text, alone, without])).toEqual([
    ['1', 12, 0],
    ['http.route=/api/cart', 4, 8],
    ['(code=200 OR code=201)', 8, 4],
  ]);
});

test('of logs: level, service, terms and text', async () => {
  const { lookedAt, conditions } = await reasonOf('/logs', {
    severity: 'error',
    q: 'tenant=blue connection not found',
  });
  expect(lookedAt).toBe(6);
  expect(conditions.map(({ parameter, alone, without }) => [parameter, alone, without])).toEqual([
    ['severity', 2, 3],
    ['q', 3, 2],
    ['q', 6, 0],
    ['q', 6, 0],
    ['q', 6, 0],
  ]);
  const misspelt = await reasonOf('/logs', { q: 'tenant=gren', service: 'order' });
  expect(misspelt.conditions.map(({ suggestions }) => suggestions[0]?.value)).toEqual(['orders', 'green']);
});

test('a range without anything says where the nearest item is', async () => {
  const early = { from: String(FROM_MS - 7_200_000), to: String(FROM_MS - 3_600_000), q: 'service=nobody' };
  const { lookedAt, nearestMs, conditions } = await reasonOf('/traces', early);
  expect({ lookedAt, nearestMs }).toEqual({ lookedAt: 0, nearestMs: FROM_MS });
  expect(conditions[0]!.suggestions).toEqual([]);
});

test('a filter of many terms is explained in one bounded statement', async () => {
  const q = Array.from({ length: 190 }, (_, i) => `word${i}`).join(' ');
  const { conditions } = await reasonOf('/traces', { q });
  expect(conditions).toHaveLength(16);
  expect(conditions[15]!.withoutQ!.split(' ')).toHaveLength(15);
});

test('a filter that can not be read is refused as in the list', async () => {
  for (const q of ['status=', 'http.route~"["']) {
    const response = await fetch(`${server.url}/api/console/logs/empty-reason?${new URLSearchParams({ ...range, q })}`);
    expect(response.status).toBe(400);
  }
});
