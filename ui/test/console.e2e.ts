/**
 * The console in a real browser: every check, the figures they measured, and a picture of every page in both themes.
 *
 *   node ui/test/console.e2e.ts                          against the mock server (build the console first)
 *   node ui/test/console.e2e.ts http://127.0.0.1:4300    against a running server with data; checks of the mock are left out
 *   CONSOLE_ONLY=trace …                                 only the checks whose name contains the word
 *
 * Pictures go to SCREENSHOTS (default ui/test/.screenshots); `SCREENSHOTS=none` takes none.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { ServicesResponse, TracesResponse } from '#api/types.ts';
import { launchBrowser, openConsole } from './browser.ts';
import { type Check, expectEventually, type Facts, TIME_FACTOR } from './check.ts';
import { FOREIGN_CHECKS } from './checks-foreign.ts';
import { FRAME_CHECKS } from './checks-frame.ts';
import { LIST_CHECKS } from './checks-lists.ts';
import { STATE_CHECKS } from './checks-states.ts';
import { TAP_CHECKS } from './checks-tap.ts';
import { TRACE_CHECKS } from './checks-trace.ts';
import { VIZ_CHECKS } from './checks-viz.ts';
import { WORDS_CHECKS } from './checks-words.ts';
import { type MockServer, startMockServer } from './mock-server.ts';
import { screenshotAllPages } from './screenshots.ts';

export { screenshotAllPages };

export interface CheckResult {
  readonly name: string;
  readonly error: Error | undefined;
}

export interface ConsoleReport {
  readonly results: readonly CheckResult[];
  readonly figures: readonly { readonly name: string; readonly value: number; readonly unit: string }[];
}

/** All checks that can run against a server; `mock` brings in those that need it. */
export function consoleChecks(withMock: boolean, only = ''): readonly Check[] {
  return [
    ...FRAME_CHECKS,
    ...LIST_CHECKS,
    ...TRACE_CHECKS,
    ...TAP_CHECKS,
    ...STATE_CHECKS,
    ...FOREIGN_CHECKS,
    ...WORDS_CHECKS,
    ...VIZ_CHECKS,
  ].filter(({ name, needs }) => (withMock || needs === undefined) && name.includes(only));
}

/** Runs every check in a fresh browser context. A page's exception or a request to another host fails the check. */
export async function runConsoleChecks(
  baseUrl: string,
  { mock, only = '', failuresDir }: { mock?: MockServer; only?: string; failuresDir?: string } = {},
): Promise<ConsoleReport> {
  const facts = await findFacts(baseUrl);
  const browser = await launchBrowser();
  const results: CheckResult[] = [];
  const figures: { name: string; value: number; unit: string }[] = [];
  try {
    for (const check of consoleChecks(mock !== undefined, only)) {
      const view = await openConsole(browser, baseUrl);
      view.page.setDefaultTimeout(8_000 * TIME_FACTOR);
      let error: Error | undefined;
      try {
        await check.run({ ...view, facts, mock, measure: (name, value, unit) => figures.push({ name, value, unit }) });
        if (view.problems.length > 0) throw new Error(view.problems.join('; '));
      } catch (failure) {
        error = failure as Error;
        // What the page looked like says more than the assertion.
        if (failuresDir) await view.page.screenshot({ path: join(failuresDir, `failed-${results.length}.png`) });
      }
      await view.close();
      results.push({ name: check.name, error });
    }
    if (mock !== undefined && FIRST_RUN.includes(only)) results.push(await firstRunCheck(browser));
  } finally {
    await browser.close();
  }
  return { results, figures };
}

const FIRST_RUN = 'a server without data shows the first-run page until the first item arrives, and turns into it';

/** A server without data shows what to paste, and turns by itself when something arrives. Needs a server of its own. */
async function firstRunCheck(browser: Browser): Promise<CheckResult> {
  const name = FIRST_RUN;
  const mock = await startMockServer({ empty: true });
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
    await view.close();
    await mock.close();
  }
}

const SETTLED_MS = 15_000;

async function findFacts(baseUrl: string): Promise<Facts> {
  const toMs = Date.now();
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${baseUrl}/api/console${path}from=${toMs - 3_600_000}&to=${toMs}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const { services } = await get<ServicesResponse>('/services?');
  const service = services.toSorted((a, b) => b.errorCount - a.errorCount || b.requestCount - a.requestCount)[0];
  const { traces } = await get<TracesResponse>('/traces?limit=200&');
  // One that began a while ago has arrived completely.
  const settled = traces.filter(({ startMs, spanCount }) => spanCount > 4 && startMs < toMs - SETTLED_MS);
  const trace =
    settled.find(({ errorCount }) => errorCount > 0) ?? settled[0] ?? traces.find(({ spanCount }) => spanCount > 4);
  if (!service || !trace)
    throw new Error('the checks need a service and a trace of more than 4 spans within the last hour');
  return { service: service.name, traceId: trace.traceId };
}

async function main(): Promise<void> {
  const givenUrl = process.argv[2];
  const mock = givenUrl === undefined ? await startMockServer() : undefined;
  const baseUrl = givenUrl ?? mock!.url;
  const outDir = process.env.SCREENSHOTS ?? fileURLToPath(new URL('.screenshots', import.meta.url));
  const started = performance.now();
  const { results, figures } = await runConsoleChecks(baseUrl, {
    ...(mock ? { mock } : {}),
    only: process.env.CONSOLE_ONLY ?? '',
    ...(outDir === 'none' ? {} : { failuresDir: outDir }),
  });
  for (const { name, error } of results) {
    console.log(`${error ? 'FAILED' : 'passed'}  ${name}`);
    if (error) console.log(`        ${(error.stack ?? error.message).split('\n').slice(0, 14).join('\n        ')}`);
  }
  for (const { name, value, unit } of figures)
    console.log(`figure  ${name}: ${value.toFixed(value < 100 ? 1 : 0)} ${unit}`);
  if (outDir !== 'none') {
    const { length } = await screenshotAllPages(baseUrl, outDir, { isMock: mock !== undefined });
    console.log(`${length} screenshots in ${outDir}`);
  }
  await mock?.close();
  const failed = results.filter(({ error }) => error).length;
  console.log(
    `${results.length - failed} passed, ${failed} failed in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  process.exitCode = failed > 0 ? 1 : 0;
}

if (import.meta.main) await main();
