import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#base/testing.ts';
import { ALL_OF_PROMQL, formatPromql, PromqlError, parsePromql } from '#lang/promql';
import {
  DEFAULT_OPTIONS,
  type PromqlAnswer,
  PromqlExecutionError,
  queryInstant,
  queryRange,
  type SampleSource,
  type StorePlan,
  StoreSource,
} from '#query/promql.ts';
import { StoreSink, storeEndpoint } from '#store';
import { type RunningServer, startServer } from '../../../src/api/index.ts';
import { notesOf, queryAnswer } from '../../../src/api/prometheus/answers.ts';
import { startTestStore } from '../../../src/query/testing/test-store.ts';
import type { ApiAnswer } from './answers.ts';
import { type DataSeries, dataSeries, LENGTH_MS, STALE, STALE_HISTOGRAM, START_MS } from './data.ts';
import type { Asked } from './generate.ts';
import { KeptSource } from './kept-source.ts';
import { pushAll } from './push.ts';

/** Who finds windows, see StorePlan; `kept` reads all samples once, and asks the store no more. */
export type Plan = StorePlan | 'kept';

/** Our server over a store of its own that has taken the samples by remote write. */
export interface Ours {
  /** Of the API. */
  readonly url: string;
  /** As the API answers, with all of PromQL, and with one way to find windows. */
  ask(asked: Asked, plan: Plan): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export async function startOurs(series: readonly DataSeries[] = dataSeries()): Promise<Ours> {
  const store = await startTestStore();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-promql-'));
  const { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } = store.headers;
  const sink = new StoreSink({
    endpoint: storeEndpoint({ url: store.url, username: username!, password: password! }),
    dir: join(folder, 'spool'),
    log: () => undefined,
  });
  const server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin, sink });
  const close = async (): Promise<void> => {
    await server.close();
    await sink.close(0);
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  await pushAll(server.url, series);
  await untilThere(server, series);
  const all = await new StoreSource(store.reader, {}, undefined, 'samples').select({
    matchers: [{ name: '__name__', operator: '=~', value: '.+' }],
    fromMs: START_MS - 1,
    toMs: START_MS + LENGTH_MS + 60_000,
  });
  const kept = new KeptSource(all);
  const sourceOf = (plan: Plan): SampleSource =>
    plan === 'kept' ? kept : new StoreSource(store.reader, {}, undefined, plan);
  return { url: server.url, close, ask: (asked, plan) => answerTo(asked, sourceOf(plan)) };
}

/** Samples that a query finds. */
function visible(series: readonly DataSeries[]): number {
  return series.reduce(
    (sum, { samples }) => sum + samples.filter(([, value]) => value !== STALE && value !== STALE_HISTOGRAM).length,
    0,
  );
}

async function untilThere({ url }: RunningServer, series: readonly DataSeries[]): Promise<void> {
  const wanted = visible(series);
  const time = String((START_MS + LENGTH_MS + 60_000) / 1000);
  const query = `{__name__=~".+"}[${LENGTH_MS + 120_000}ms]`;
  await eventually(
    `${wanted} samples`,
    async () => {
      const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query, time })}`);
      const { data } = (await response.json()) as { data?: { result: { values?: []; histograms?: [] }[] } };
      const found = data?.result.reduce(
        (n, { values = [], histograms = [] }) => n + values.length + histograms.length,
        0,
      );
      return found === wanted;
    },
    300_000,
  );
}

const STATUS = { bad_data: 400, execution: 422 } as const;

async function answerTo({ query, startMs, endMs, stepMs }: Asked, source: SampleSource): Promise<ApiAnswer> {
  const failed = (errorType: keyof typeof STATUS, error: string): ApiAnswer => ({
    status: STATUS[errorType],
    body: { status: 'error', errorType, error },
  });
  let answer: PromqlAnswer;
  try {
    const what = { expr: parsePromql(query, ALL_OF_PROMQL), source, options: DEFAULT_OPTIONS };
    answer = await (stepMs === undefined ? queryInstant(what, endMs) : queryRange(what, { startMs, endMs, stepMs }));
  } catch (error) {
    if (error instanceof PromqlError) return failed('bad_data', `invalid parameter "query": ${error.message}`);
    if (error instanceof PromqlExecutionError) return failed('execution', error.message);
    throw error;
  }
  let text = '';
  for await (const piece of queryAnswer(answer, notesOf(answer.annotations, query), 0, undefined).pieces) text += piece;
  return { status: 200, body: JSON.parse(text) };
}

/** As `format_query` answers: the formatted expression, or why it is none. */
export function formatOurs(query: string): string {
  try {
    return formatPromql(parsePromql(query, ALL_OF_PROMQL));
  } catch (error) {
    if (error instanceof PromqlError) return `invalid parameter "query": ${error.message}`;
    throw error;
  }
}
