/**
 * Pictures of the dashboards of examples/dashboards on synthesized data, for people to look at: `node ui/test/builtin-dashboards.ts FOLDER [NAME …]`. All that is not
 * of a dashboard's queries is the mock's.
 */
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinDashboards, readDashboard } from '#dashboards';
import { parsePromql } from '#lang/promql';
import { DEFAULT_OPTIONS, FLOAT, type PromqlAnswer, queryInstant, queryRange } from '#query/promql.ts';
import { Synthesizer } from '../../src/dashboards/testing/index.ts';
import { queriesOf } from '../../test/conformance/public/read-public.ts';
import { SyntheticSource } from '../../test/conformance/public/synthetic-source.ts';
import { launchBrowser, openConsole, type Theme } from './browser.ts';
import { expectEventually } from './check.ts';
import { startMockServer } from './mock-server.ts';

const RANGE_MS = 3_600_000;
const EVERY_MS = 15_000;
const PATIENCE_MS = 120_000;
const WIDTHS = [1440, 1024, 390] as const;
/** Until a canvas shows what its panel was given. */
const DRAWN_MS = 500;

/** Of all that a dashboard asks for. */
async function sourceOf(name: string, fromMs: number): Promise<SyntheticSource> {
  const { queries } = await queriesOf(
    fileURLToPath(new URL(`../../examples/dashboards/${name}.json`, import.meta.url)),
  );
  const synthesizer = new Synthesizer();
  for (const { expr, label } of queries)
    if (label === undefined) synthesizer.add(parsePromql(expr));
    else synthesizer.addLabel(parsePromql(expr), label);
  return new SyntheticSource(synthesizer.series(), fromMs, EVERY_MS);
}

function writtenAnswer(found: PromqlAnswer, isInstant: boolean): object {
  if (!('series' in found)) return { resultType: 'vector', result: [] };
  const { startMs, stepMs } = found.grid;
  const result = found.series.map(({ labels, kinds, floats }) => {
    const points = Array.from(kinds, (kind, i) => ({ kind, point: [(startMs + i * stepMs) / 1000, String(floats[i])] }))
      .filter(({ kind }) => kind === FLOAT)
      .map(({ point }) => point);
    const metric = Object.fromEntries(labels.pairs);
    return isInstant ? { metric, value: points[0] } : { metric, values: points };
  });
  return { resultType: isInstant ? 'vector' : 'matrix', result };
}

/** undefined for what the mock answers. */
async function answer(path: string, params: URLSearchParams, source: SyntheticSource): Promise<object | undefined> {
  const ms = (name: string): number => Number(params.get(name)) * 1000;
  const expr = params.get('query') ?? '';
  if (path === '/query')
    return writtenAnswer(
      await queryInstant({ expr: parsePromql(expr), source, options: DEFAULT_OPTIONS }, ms('time')),
      true,
    );
  if (path === '/query_range') {
    const times = { startMs: ms('start'), endMs: ms('end'), stepMs: ms('step') };
    return writtenAnswer(await queryRange({ expr: parsePromql(expr), source, options: DEFAULT_OPTIONS }, times), false);
  }
  const label = /^\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (label === undefined && path !== '/series') return undefined;
  const selector = parsePromql(params.get('match[]') ?? '{__name__=~".+"}');
  if (selector.kind !== 'selector') return [];
  const found = await source.select({ matchers: selector.matchers, fromMs: ms('start'), toMs: ms('end') });
  if (label === undefined) return found.map(({ labels }) => Object.fromEntries(labels.pairs));
  return [...new Set(found.map(({ labels }) => labels.get(label)))].filter((value) => value !== '').sort();
}

async function main(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const fromMs = Date.now() - 2 * RANGE_MS;
  const mock = await startMockServer();
  let source: SyntheticSource;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', mock.url);
    const path = /^\/prometheus\/api\/v1(\/.*)$/.exec(url.pathname)?.[1];
    const data = path === undefined ? undefined : await answer(path, url.searchParams, source).catch(() => undefined);
    const uid = /^\/api\/console\/dashboards\/([^/]+)$/.exec(url.pathname)?.[1];
    const shown = builtinDashboards().find(
      ({ file, text }) => readDashboard({ name: file, text }).dashboard.uid === uid,
    );
    response.setHeader('content-type', 'application/json');
    if (data !== undefined) response.end(JSON.stringify({ status: 'success', data }));
    else if (shown !== undefined)
      response.end(JSON.stringify({ uid, ...shown, origin: 'built-in', folder: '', problems: [] }));
    else {
      const passed = await fetch(`${mock.url}${url.pathname}${url.search}`);
      response.writeHead(passed.status, { 'content-type': passed.headers.get('content-type') ?? 'text/plain' });
      response.end(Buffer.from(await passed.arrayBuffer()));
    }
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await launchBrowser();
  try {
    for (const { file, text } of builtinDashboards()) {
      const name = file.replace(/\.json$/, '');
      if (names.length > 0 && !names.includes(name)) continue;
      source = await sourceOf(name, fromMs);
      const { uid } = readDashboard({ name: file, text }).dashboard;
      for (const theme of ['dark', 'light'] as const satisfies readonly Theme[])
        for (const width of WIDTHS) {
          // As tall as it is: what is on screen asks.
          const opened = await openConsole(browser, baseUrl, theme, { width, height: width === 390 ? 4_200 : 2_000 });
          await opened.open(`/dashboards/${uid}?range=1h&live=0`);
          await opened.page.locator('.dash-panel').first().waitFor();
          await expectEventually(() => opened.page.getByText('Loading…').count(), 0, PATIENCE_MS);
          await opened.page.waitForTimeout(DRAWN_MS);
          await opened.page.screenshot({ path: `${folder}/${name}-${theme}-${width}.png` });
          for (const problem of opened.problems) console.log(`${name}, ${theme}, ${width}: ${problem}`);
          await opened.close();
        }
    }
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
    await mock.close();
  }
}

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) throw new Error('say into which folder the pictures go');
await main(resolve(folder), names);
