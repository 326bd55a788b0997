import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { type RunningServer, startServer } from '#api';
import { insertBulkSpans } from '../../src/query/testing/bulk.ts';
import { startTestStore, type TestStore } from '../../src/query/testing/test-store.ts';
import { checkChromium, launchChromium } from '../lib/chromium.ts';
import type { BenchCase, CaseResult, Row } from '../lib/report.ts';

/** What a page that is left open on Live takes of the engine, over a store of a million spans in the last hour. */

const SPANS = 1_000_000;
const LOGS = 200_000;
const HOUR_MS = 3_600_000;
const SECONDS = Number(process.env['BENCH_PAGE_SECONDS'] ?? 60);
const MAX_CPU_SECONDS = 2;
/** The default range, and the shortest one, which refreshes itself most often. */
const PAGES: readonly (readonly [name: string, path: string])[] = [
  ['services', '/services?range=1h'],
  ['services, 15 minutes', '/services?range=15m'],
  ['one service', '/services/service-1?range=1h'],
  ['traces', '/traces?range=1h'],
  ['traces of a service', '/traces?range=1h&service=service-1'],
  ['logs', '/logs?range=1h'],
  ['metrics', '/metrics?range=1h'],
  ['system', '/system?range=1h'],
];

interface Measured {
  readonly page: string;
  readonly cpuSecondsPerMinute: number;
  readonly requests: number;
}

export const pagesLiveCase: BenchCase = {
  name: 'pages-live',
  async run(): Promise<CaseResult> {
    checkChromium();
    if (process.platform !== 'linux') throw new Error('the CPU of the engine is read from /proc: run it on Linux');
    const store = await startTestStore();
    const server = await startServer({ port: 0, engineUrl: store.url, ...store.readerLogin });
    const browser = await launchChromium();
    try {
      await fill(store);
      const measured: Measured[] = [];
      for (const [name, path] of PAGES) {
        const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
        measured.push(await watch(store, server, page, name, path));
        await page.close();
      }
      const page = await browser.newPage();
      measured.push(await watch(store, server, page, 'services, in a hidden tab', '/services?range=15m', hide));
      return { raw: { spans: SPANS, logs: LOGS, seconds: SECONDS, measured }, rows: measured.map(rowOf) };
    } finally {
      await browser.close();
      await server.close();
      await store.close();
    }
  },
};

function rowOf({ page, cpuSecondsPerMinute, requests }: Measured): Row {
  return {
    what: `a page left open on Live over ${SPANS} spans: ${page}`,
    goal: `≤ ${MAX_CPU_SECONDS} s of the engine's CPU a minute`,
    measured: `${cpuSecondsPerMinute.toFixed(2)} s, ${requests} requests`,
    peer: '',
    met: cpuSecondsPerMinute <= MAX_CPU_SECONDS,
  };
}

async function fill(store: TestStore): Promise<void> {
  const toMs = Date.now();
  await insertBulkSpans(store, { spanCount: SPANS, spansPerTrace: 10, fromMs: toMs - HOUR_MS, toMs });
  await store.run(`INSERT INTO ${store.database}.logs (time, service_name, body, body_type, severity_number, ingested_at)
    SELECT fromUnixTimestamp64Milli(toInt64(${toMs - HOUR_MS} + number * ${HOUR_MS / LOGS})), concat('service-', toString(number % 20)),
      concat('request ', toString(number), ' took ', toString(number % 977), ' ms'), 1, 9, now() FROM numbers(${LOGS})`);
  // Merges are no page's doing.
  for (const table of ['spans', 'traces', 'logs']) await store.run(`OPTIMIZE TABLE ${store.database}.${table} FINAL`);
}

async function watch(
  store: TestStore,
  server: RunningServer,
  page: Page,
  name: string,
  path: string,
  prepare: (page: Page) => Promise<void> = async () => undefined,
): Promise<Measured> {
  await page.goto(`${server.url}${path}`, { waitUntil: 'networkidle' }).catch(() => undefined);
  await prepare(page);
  let requests = 0;
  page.on('request', (request) => {
    if (request.url().includes('/api/console')) requests++;
  });
  const before = engineCpuSeconds(store);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  return { page: name, cpuSecondsPerMinute: ((engineCpuSeconds(store) - before) * 60) / SECONDS, requests };
}

/** As if another tab lay over it. */
async function hide(page: Page): Promise<void> {
  await page.evaluate(`Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'))`);
}

/** User and system time in hundredths of a second, from Linux's /proc. */
function engineCpuSeconds(store: TestStore): number {
  const fields = readFileSync(`/proc/${store.enginePid()}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
