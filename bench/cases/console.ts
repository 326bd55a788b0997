import type { Browser } from 'playwright-core';
import type { ServicesResponse, SystemResponse, TracesResponse } from '#api/types.ts';
import { type RunningSignalbox, startSignalbox } from '../../test/lib/signalbox.ts';
import { checkChromium, launchChromium } from '../lib/chromium.ts';
import { fetchCount } from '../lib/collectors.ts';
import { clicksToTime, pagesToOpen, type Subjects } from '../lib/console-steps.ts';
import { type Answered, newContext, type Opening, timeClick, timeOpening } from '../lib/page-times.ts';
import { type Started, waitFor } from '../lib/processes.ts';
import type { BenchCase, CaseResult, Row } from '../lib/report.ts';
import { checkGenerator, generated, startGenerator } from '../lib/stored-load.ts';

/** Every page of the console and the usual clicks in Chromium, over a store of some size and with telemetry that goes on arriving. */

const SPANS = Number(process.env.BENCH_CONSOLE_SPANS ?? 3_000_000);
const LOGS = Math.round(SPANS / 3);
const SERIES = 2_000;
const HOUR_MS = 3_600_000;
const HOUR_S = 3_600;
const REPEATS = Number(process.env.BENCH_CONSOLE_REPEATS ?? 3);
const LIVE = { spans: 1_000, logs: 300, points: 130 } as const;
const LIVE_LIMIT_S = 1_200;
const GOALS = { coldMs: 1_000, warmMs: 500, reactionMs: 100, resultMs: 500, taskMs: 50 } as const;

interface PageTimes {
  readonly page: string;
  readonly cold: readonly Opening[];
  readonly warm: readonly Opening[];
}

interface ClickTimes {
  readonly click: string;
  readonly answers: readonly Answered[];
}

export const consoleCase: BenchCase = {
  name: 'console',
  async run(): Promise<CaseResult> {
    checkChromium();
    checkGenerator();
    const signalbox = await startSignalbox();
    let live: readonly Started[] = [];
    try {
      const startedMs = performance.now();
      await fill(signalbox);
      const filledMs = performance.now();
      live = startLiveLoad(signalbox);
      const { pages, clicks } = await measureConsole(signalbox.consoleUrl);
      const seconds = { fill: (filledMs - startedMs) / 1000, measure: (performance.now() - filledMs) / 1000 };
      return {
        raw: { spans: SPANS, logs: LOGS, series: SERIES, live: LIVE, seconds, pages, clicks },
        rows: [...pages.map(pageRow), ...clicks.map(clickRow)],
      };
    } finally {
      for (const one of live) await one.stop();
      await signalbox.stop();
    }
  },
};

/** All pages and clicks, each several times. For a server that is there already as well. */
export async function measureConsole(
  baseUrl: string,
  only = '',
): Promise<{ readonly pages: readonly PageTimes[]; readonly clicks: readonly ClickTimes[] }> {
  const browser = await launchChromium();
  try {
    const subjects = await findSubjects(baseUrl);
    const pages: PageTimes[] = [];
    for (const page of pagesToOpen(subjects)) {
      if (page.name.includes(only)) pages.push(await timePage(browser, baseUrl, page));
    }
    const clicks: ClickTimes[] = [];
    const context = await newContext(browser);
    for (const click of clicksToTime(subjects)) {
      if (!click.name.includes(only)) continue;
      const answers: Answered[] = [];
      for (let i = 0; i < REPEATS; i++) answers.push(await timeClick(context, baseUrl, click));
      clicks.push({ click: click.name, answers });
    }
    return { pages, clicks };
  } finally {
    await browser.close();
  }
}

async function timePage(
  browser: Browser,
  baseUrl: string,
  page: ReturnType<typeof pagesToOpen>[number],
): Promise<PageTimes> {
  const cold: Opening[] = [];
  const warm: Opening[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const context = await newContext(browser);
    cold.push(await timeOpening(context, baseUrl, page));
    warm.push(await timeOpening(context, baseUrl, page));
    await context.close();
  }
  return { page: page.name, cold, warm };
}

/** An hour until now. */
async function fill(signalbox: RunningSignalbox): Promise<void> {
  const startMs = Date.now() - HOUR_MS;
  const common = ['--url', signalbox.otlpUrl, '--start', String(startMs)];
  const rate = (items: number): string => String(Math.ceil(items / HOUR_S));
  await generated(startGenerator('traces', [...common, '--items', String(SPANS), '--sim-rate', rate(SPANS)]));
  await generated(startGenerator('logs', [...common, '--items', String(LOGS), '--sim-rate', rate(LOGS)]));
  await generated(startGenerator('metrics', [...common, '--series', String(SERIES), '--hours', '1']));
  const counts = { spans: SPANS, logs: LOGS } as const;
  for (const [table, count] of Object.entries(counts)) {
    const isStored = async () => (await fetchCount(signalbox, `SELECT count() FROM signalbox.${table}`)) >= count;
    await waitFor(`all ${table} to be stored`, isStored, 600_000);
  }
  await waitFor('the collector to report', async () => (await pipelineCount(signalbox)) > 0, 120_000);
  // What arrives with the live load is merged meanwhile, as it would be; the large merges of filling are none of its doing.
  const isMerged = async () => (await fetchCount(signalbox, 'SELECT count() FROM system.merges')) === 0;
  await waitFor('the merges', isMerged, 300_000);
}

async function pipelineCount({ consoleUrl }: RunningSignalbox): Promise<number> {
  const toMs = Date.now();
  const response = await fetch(`${consoleUrl}/api/console/system?from=${toMs - HOUR_MS}&to=${toMs}`);
  return ((await response.json()) as SystemResponse).pipelines.length;
}

function startLiveLoad({ otlpUrl }: RunningSignalbox): readonly Started[] {
  const common = ['--url', otlpUrl, '--start', String(Date.now()), '--seed', '2'];
  const paced = (rate: number): string[] => ['--rate', String(rate), '--duration', String(LIVE_LIMIT_S)];
  return [
    startGenerator('traces', [...common, ...paced(LIVE.spans), '--sim-rate', String(LIVE.spans)]),
    startGenerator('logs', [...common, ...paced(LIVE.logs), '--sim-rate', String(LIVE.logs)]),
    startGenerator('metrics', [...common, ...paced(LIVE.points), '--series', String(SERIES), '--hours', '1']),
  ];
}

/** The busiest service, and a failed trace. */
async function findSubjects(baseUrl: string): Promise<Subjects> {
  const toMs = Date.now();
  const range = `from=${toMs - HOUR_MS}&to=${toMs}`;
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${baseUrl}/api/console${path}`)).json()) as T;
  const { services } = await get<ServicesResponse>(`/services?${range}`);
  const { traces } = await get<TracesResponse>(`/traces?${range}&status=error&limit=20`);
  const service = services.toSorted((a, b) => b.requestCount - a.requestCount)[0]?.name;
  const traceId = traces.at(-1)?.traceId;
  if (service === undefined || traceId === undefined) throw new Error('the store has no service or no failed trace');
  return { service, traceId };
}

function pageRow({ page, cold, warm }: PageTimes): Row {
  const coldMs = median(cold.map(({ contentMs }) => contentMs));
  const warmMs = median(warm.map(({ contentMs }) => contentMs));
  const taskMs = median([...cold, ...warm].map(({ longestTaskMs }) => longestTaskMs));
  return {
    what: `console over ${SPANS / 1e6} M spans: ${page}, first content cold and warm, longest task`,
    goal: `≤ ${GOALS.coldMs / 1000} s, ≤ ${GOALS.warmMs / 1000} s, ≤ ${GOALS.taskMs} ms`,
    measured: `${seconds(coldMs)}, ${seconds(warmMs)}, ${taskText(taskMs)}`,
    peer: '',
    met: coldMs <= GOALS.coldMs && warmMs <= GOALS.warmMs && taskMs <= GOALS.taskMs,
  };
}

function clickRow({ click, answers }: ClickTimes): Row {
  const reactionMs = median(answers.map((one) => one.reactionMs));
  const resultMs = median(answers.map((one) => one.resultMs));
  const taskMs = median(answers.map((one) => one.longestTaskMs));
  return {
    what: `console, a click: ${click}; reaction, result, longest task`,
    goal: `≤ ${GOALS.reactionMs / 1000} s, ≤ ${GOALS.resultMs / 1000} s, ≤ ${GOALS.taskMs} ms`,
    measured: `${seconds(reactionMs)}, ${seconds(resultMs)}, ${taskText(taskMs)}`,
    peer: '',
    met: reactionMs <= GOALS.reactionMs && resultMs <= GOALS.resultMs && taskMs <= GOALS.taskMs,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function taskText(ms: number): string {
  return ms === 0 ? 'none over 50 ms' : `${ms.toFixed(0)} ms`;
}
