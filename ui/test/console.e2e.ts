/**
 * The console in a real browser: every check, the figures they measured, and a picture of every page, on three widths in both themes.
 *
 *   node ui/test/console.e2e.ts                          against the mock server (build the console first)
 *   node ui/test/console.e2e.ts http://127.0.0.1:4300    against a running server with data; checks of the mock are left out
 *   CONSOLE_ONLY=trace …                                 only the checks whose name contains the word
 *   CONSOLE_WORKERS=2 …                                  so many checks at a time; figures are then not to be compared
 *   CONSOLE_MOCK_ALONE=1 …                               on the mock server only what needs it
 *
 * Pictures go to SCREENSHOTS (default ui/test/.screenshots); `SCREENSHOTS=none` takes none. SCREENSHOT_PASSES=1440-dark,390-light takes
 * those widths and themes in place of all six.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServicesResponse, TraceResponse, TracesResponse } from '#api/types.ts';
import { launchBrowser, openConsole } from './browser.ts';
import { type Check, expectEventually, type Facts, TIME_FACTOR } from './check.ts';
import { ALERT_CHECKS } from './checks-alerts.ts';
import { DASHBOARD_CHECKS } from './checks-dashboards.ts';
import { ERROR_CHECKS } from './checks-errors.ts';
import { EXPLORE_CHECKS } from './checks-explore.ts';
import { FOREIGN_CHECKS } from './checks-foreign.ts';
import { FRAME_CHECKS } from './checks-frame.ts';
import { LANGUAGE_CHECKS } from './checks-languages.ts';
import { LIST_CHECKS } from './checks-lists.ts';
import { MAP_CHECKS } from './checks-map.ts';
import { PROMQL_CHECKS } from './checks-promql.ts';
import { SAVING_CHECKS } from './checks-saving.ts';
import { SQL_CHECKS } from './checks-sql.ts';
import { STATE_CHECKS } from './checks-states.ts';
import { TAP_CHECKS } from './checks-tap.ts';
import { TRACE_CHECKS } from './checks-trace.ts';
import { TRACE_TOOL_CHECKS } from './checks-trace-tools.ts';
import { VIZ_CHECKS } from './checks-viz.ts';
import { WORDS_CHECKS } from './checks-words.ts';
import { startMockServer } from './mock-server.ts';
import { passesOf, screenshotAllPages } from './screenshots.ts';

export interface CheckResult {
  readonly name: string;
  readonly error: Error | undefined;
  /** Why it failed when it was run first, where it passed when it was run again. */
  readonly unsteady?: Error;
  readonly seconds?: number;
}

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface ConsoleReport {
  readonly results: readonly CheckResult[];
  readonly figures: readonly Figure[];
}

/** What a server can show: the mock all of it, a whole Signalbox what needs no mock. `mock-alone`: what no other server can. */
export type Reach = 'all' | 'live' | 'mock-alone';

export function consoleChecks(reach: Reach, only = ''): readonly Check[] {
  const isWithin = ({ needs }: Check): boolean => reach === 'all' || (needs === undefined) === (reach === 'live');
  return [
    ...FRAME_CHECKS,
    ...LIST_CHECKS,
    ...MAP_CHECKS,
    ...ERROR_CHECKS,
    ...LANGUAGE_CHECKS,
    ...EXPLORE_CHECKS,
    ...PROMQL_CHECKS,
    ...DASHBOARD_CHECKS,
    ...SAVING_CHECKS,
    ...ALERT_CHECKS,
    ...TRACE_CHECKS,
    ...TRACE_TOOL_CHECKS,
    ...TAP_CHECKS,
    ...SQL_CHECKS,
    ...STATE_CHECKS,
    ...FOREIGN_CHECKS,
    ...WORDS_CHECKS,
    ...VIZ_CHECKS,
  ].filter((check) => isWithin(check) && check.name.includes(only));
}

export interface RunOptions {
  /** Only checks whose name contains it. */
  readonly only?: string;
  /** Where a picture of each failure goes. */
  readonly failuresDir?: string;
  /** Checks at a time. Most of a check is waiting. */
  readonly workers?: number;
  /** On the mock, only what needs it: where a run against a whole Signalbox has the others. */
  readonly isMockAlone?: boolean;
}

/**
 * Runs every check in a fresh browser context; the order of the results is that of the checks. `givenUrl` is a running server with data;
 * without it each worker has a mock server of its own, because checks change what it answers. A page's exception or a request to
 * another host fails the check. One that fails is run once more; what passes then is counted as passed and said to be unsteady.
 */
export async function runConsoleChecks(
  givenUrl: string | undefined,
  { only = '', failuresDir, workers = 1, isMockAlone = false }: RunOptions = {},
): Promise<ConsoleReport> {
  const checks = consoleChecks(givenUrl !== undefined ? 'live' : isMockAlone ? 'mock-alone' : 'all', only);
  const results: CheckResult[] = [];
  const figures: Figure[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    let mock = givenUrl === undefined ? await startMockServer() : undefined;
    const browser = await launchBrowser();
    const attempt = async ({ run }: Check, picture: string): Promise<Error | undefined> => {
      const baseUrl = givenUrl ?? mock!.url;
      const view = await openConsole(browser, baseUrl);
      view.page.setDefaultTimeout(8_000 * TIME_FACTOR);
      const measured: Figure[] = [];
      let error: Error | undefined;
      try {
        await run({
          ...view,
          facts: await findFacts(baseUrl),
          mock,
          measure: (name, value, unit) => measured.push({ name, value, unit }),
        });
        if (view.problems.length > 0) throw new Error(view.problems.join('; '));
        figures.push(...measured);
      } catch (failure) {
        error = failure as Error;
        // What the page looked like says more than the assertion.
        if (failuresDir) await view.page.screenshot({ path: join(failuresDir, picture) }).catch(() => undefined);
      }
      await view.close();
      return error;
    };
    try {
      while (next < checks.length) {
        const at = next++;
        const check = checks[at]!;
        const beginMs = performance.now();
        const first = await attempt(check, `failed-${at}.png`);
        if (first === undefined) {
          results[at] = { name: check.name, error: undefined, seconds: (performance.now() - beginMs) / 1000 };
          continue;
        }
        // What the check had changed on the mock server is gone with it.
        await mock?.close();
        mock = mock && (await startMockServer());
        const error = await attempt(check, `failed-${at}-again.png`);
        results[at] = { name: check.name, error, ...(error ? {} : { unsteady: first }) };
      }
    } finally {
      await browser.close();
      await mock?.close();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (givenUrl === undefined && FIRST_RUN.includes(only)) results.push(await firstRunCheck());
  return { results, figures };
}

const FIRST_RUN = 'a server without data shows the first-run page until the first item arrives, and turns into it';

/** A server without data shows what to paste, and turns by itself when something arrives. Needs a server of its own. */
async function firstRunCheck(): Promise<CheckResult> {
  const name = FIRST_RUN;
  const mock = await startMockServer({ empty: true });
  const browser = await launchBrowser();
  const view = await openConsole(browser, mock.url);
  view.page.setDefaultTimeout(8_000 * TIME_FACTOR);
  try {
    await view.page.goto(`${mock.url}/nosuch`);
    await view.page.getByText('There is no page at this address').waitFor();
    await view.page.goto(`${mock.url}/traces/${'f'.repeat(32)}`);
    await view.page.locator('#page').getByText('This trace is not in the store').waitFor();
    await view.page.goto(mock.url);
    await view.page.getByText('Send the first span').waitFor();
    await view.page.getByText('http://127.0.0.1:4318').first().waitFor();
    await view.page.getByRole('button', { name: 'curl' }).click();
    await view.page.getByText('/v1/traces').waitFor();
    mock.arrive();
    await expectEventually(() => /^\/traces\/[0-9a-f]{32}$/.test(new URL(view.page.url()).pathname), true);
    await view.page.locator('.waterfall').waitFor();
    return { name, error: undefined };
  } catch (error) {
    return { name, error: error as Error };
  } finally {
    await browser.close();
    await mock.close();
  }
}

/** So long after its end a trace is asked for no more by its page (ARRIVING_MS), and all of it has come. */
const SETTLED_MS = 40_000;
const FACTS_LIMIT_MS = 120_000;

/** A service and a trace to look at; waits for a trace that grows no more. */
async function findFacts(baseUrl: string): Promise<Facts> {
  for (const untilMs = Date.now() + FACTS_LIMIT_MS; ; ) {
    const facts = await lookForFacts(baseUrl);
    if (facts !== undefined) return facts;
    if (Date.now() > untilMs)
      throw new Error('the checks need a service and a whole trace of more than 4 spans within the last hour');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function lookForFacts(baseUrl: string): Promise<Facts | undefined> {
  const nowMs = Date.now();
  const get = async <T>(path: string, toMs = nowMs): Promise<T> => {
    const response = await fetch(`${baseUrl}/api/console${path}from=${toMs - 3_600_000}&to=${toMs}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const { services } = await get<ServicesResponse>('/services?');
  const service = services.toSorted((a, b) => b.errorCount - a.errorCount || b.requestCount - a.requestCount)[0];
  const settledMs = nowMs - SETTLED_MS;
  const { traces } = await get<TracesResponse>('/traces?limit=200&', settledMs);
  const settled = traces.filter(
    ({ startMs, durationNs, spanCount }) => spanCount > 4 && startMs + durationNs / 1e6 < settledMs,
  );
  if (service === undefined) return undefined;
  for (const { traceId } of settled.toSorted((a, b) => Number(b.errorCount > 0) - Number(a.errorCount > 0))) {
    const { spans } = await get<TraceResponse>(`/traces/${traceId}?`);
    if (spans.parent.filter((parent) => parent < 0).length === 1) return { service: service.name, traceId };
  }
  return undefined;
}

async function main(): Promise<void> {
  const givenUrl = process.argv[2];
  const outDir = process.env.SCREENSHOTS ?? fileURLToPath(new URL('.screenshots', import.meta.url));
  const passes = passesOf(process.env.SCREENSHOT_PASSES);
  const started = performance.now();
  const { results, figures } = await runConsoleChecks(givenUrl, {
    only: process.env.CONSOLE_ONLY ?? '',
    workers: Number(process.env.CONSOLE_WORKERS ?? 1),
    isMockAlone: process.env.CONSOLE_MOCK_ALONE === '1',
    ...(outDir === 'none' ? {} : { failuresDir: outDir }),
  });
  results.filter(({ error }) => error === undefined).forEach(print);
  for (const { name, value, unit } of figures)
    console.log(`figure  ${name}: ${value.toFixed(value < 100 ? 1 : 0)} ${unit}`);
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
  const all = [...results];
  if (outDir !== 'none') {
    console.log(`the checks took ${seconds()} s`);
    const mock = givenUrl === undefined ? await startMockServer() : undefined;
    const shots = await screenshotAllPages(givenUrl ?? mock!.url, outDir, { isMock: mock !== undefined, passes });
    await mock?.close();
    console.log(`${shots.length} screenshots in ${outDir}`);
    all.push(...shots);
  }
  // Last, because CI keeps the end of what was said.
  for (const { name, unsteady } of results) if (unsteady) printFailure('UNSTEADY', name, unsteady);
  const failed = all.filter(({ error }) => error !== undefined);
  failed.forEach(print);
  console.log(`${all.length - failed.length} passed, ${failed.length} failed in ${seconds()} s`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function print({ name, error, seconds }: CheckResult): void {
  if (error) printFailure('FAILED', name, error);
  else console.log(`passed  ${name}${seconds === undefined ? '' : ` (${seconds.toFixed(1)} s)`}`);
}

function printFailure(how: string, name: string, error: Error): void {
  console.log(`${how}  ${name}`);
  console.log(`        ${(error.stack ?? error.message).split('\n').slice(0, 14).join('\n        ')}`);
}

if (import.meta.main) await main();
