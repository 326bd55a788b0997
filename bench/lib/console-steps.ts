import type { Page } from 'playwright-core';
import type { ClickToTime, PageToOpen } from './page-times.ts';

/** The pages of the console and the usual clicks on them, over telemetry of the load generator. */

const RANGE = 'range=1h';
const ROW = '.table tbody tr[data-key]';
const CHART = '.chart canvas';
const WATERFALL = '.wf-line';
const LOG = '.log-row';

export interface Subjects {
  readonly service: string;
  readonly traceId: string;
}

export function pagesToOpen({ service, traceId }: Subjects): readonly PageToOpen[] {
  return [
    { name: 'services', path: `/services?${RANGE}`, content: ROW },
    { name: 'one service', path: `/services/${service}?${RANGE}`, content: CHART },
    { name: 'traces', path: `/traces?${RANGE}`, content: ROW },
    { name: 'traces of a service', path: `/traces?${RANGE}&service=${service}`, content: ROW },
    { name: 'one trace', path: `/traces/${traceId}?${RANGE}`, content: WATERFALL },
    { name: 'logs', path: `/logs?${RANGE}`, content: LOG },
    { name: 'metrics', path: `/metrics?${RANGE}`, content: CHART },
    { name: 'system', path: `/system?${RANGE}`, content: '.graph .node' },
    { name: 'send', path: `/send?${RANGE}`, content: '.page pre' },
  ];
}

const clickOn =
  (selector: string) =>
  (page: Page): Promise<void> =>
    page.locator(selector).first().click();

const inRail = (name: string) => clickOn(`.rail-link:has-text("${name}")`);

/** Writes the query before the clock starts: what is timed is the key that asks. */
const query = (text: string) => async (page: Page) => {
  await page.getByRole('combobox', { name: 'Query' }).fill(text);
  await page.evaluate('probe.arm()');
  await page.keyboard.press('Enter');
};

const choose = (menu: string, option: string) => async (page: Page) => {
  await page.locator(`.select-menu:has-text("${menu}") button, button:has-text("${menu}")`).first().click();
  await page.evaluate('probe.arm()');
  await page.getByRole('option', { name: option }).first().click();
};

export function clicksToTime({ service, traceId }: Subjects): readonly ClickToTime[] {
  const services = { path: `/services?${RANGE}`, before: ROW };
  const one = { path: `/services/${service}?${RANGE}`, before: CHART };
  const traces = { path: `/traces?${RANGE}`, before: ROW };
  const trace = { path: `/traces/${traceId}?${RANGE}`, before: WATERFALL };
  const logs = { path: `/logs?${RANGE}`, before: LOG };
  const metrics = { path: `/metrics?${RANGE}`, before: CHART };
  return [
    { name: 'services: to Traces', ...services, act: inRail('Traces'), asks: '/traces?', result: ROW, url: '/traces' },
    { name: 'services: to Logs', ...services, act: inRail('Logs'), asks: '/logs?', result: LOG, url: '/logs' },
    {
      name: 'services: to Metrics',
      ...services,
      act: inRail('Metrics'),
      asks: '/query?',
      result: CHART,
      url: '/metrics',
    },
    {
      name: 'services: to System',
      ...services,
      act: inRail('System'),
      asks: '/system?',
      result: '.graph .node',
      url: '/system',
    },
    {
      name: 'services: open one',
      ...services,
      act: clickOn(`${ROW} a`),
      asks: '/services/',
      result: CHART,
      url: '/services/',
    },
    { name: 'services: sort', ...services, act: clickOn('th button:has-text("Errors")'), result: ROW, url: 'sort=' },
    {
      name: 'services: last 3 hours',
      ...services,
      act: longerRange,
      asks: '/services?',
      result: ROW,
      url: 'range=3h',
    },
    {
      name: 'one service: an operation',
      ...one,
      act: clickOn(`[aria-label="Operations"] ${'tbody tr[data-key] td'}`),
      asks: '/services/',
      result: CHART,
      url: 'operation=',
    },
    {
      name: 'one service: its traces',
      ...one,
      act: clickOn('.toolbar a:has-text("Traces")'),
      asks: '/traces?',
      result: ROW,
      url: '/traces',
    },
    {
      name: 'traces: failed only',
      ...traces,
      act: clickOn('button:has-text("Failed")'),
      asks: '/traces?',
      result: ROW,
      url: 'status=error',
    },
    {
      name: 'traces: slowest',
      ...traces,
      act: choose('sort', 'Slowest'),
      asks: '/traces?',
      result: ROW,
      url: 'sort=slowest',
    },
    {
      name: 'traces: a query',
      ...traces,
      act: query('http.response.status_code>=500'),
      asks: '/traces?',
      result: ROW,
      url: 'q=',
    },
    {
      name: 'traces: open one',
      ...traces,
      act: clickOn(`${ROW} a`),
      asks: '/traces/',
      result: WATERFALL,
      url: '/traces/',
    },
    {
      name: 'one trace: a span',
      ...trace,
      act: clickOn(`${WATERFALL}:nth-child(2)`),
      asks: '/spans/',
      result: '.span-detail .attributes',
    },
    {
      name: 'logs: errors only',
      ...logs,
      act: clickOn('button.level:has-text("error")'),
      asks: '/logs?',
      result: LOG,
      url: 'severity=error',
    },
    { name: 'logs: a word', ...logs, act: query('"timeout"'), asks: '/logs?', result: `${LOG}, .state`, url: 'q=' },
    { name: 'logs: a record', ...logs, act: clickOn(`${LOG} >> nth=3`), result: '.span-detail .attributes' },
    {
      name: 'metrics: another',
      ...metrics,
      act: clickOn('.metric-row:not(.on)'),
      asks: '/metrics/query?',
      result: CHART,
      url: 'metric=',
    },
    {
      name: 'metrics: split by service',
      ...metrics,
      act: splitByService,
      asks: '/metrics/query?',
      result: CHART,
      url: 'group=',
    },
  ];
}

async function longerRange(page: Page): Promise<void> {
  await page.getByTestId('range').click();
  await page.evaluate('probe.arm()');
  await page.getByRole('button', { name: 'Last 3 h' }).last().click();
}

async function splitByService(page: Page): Promise<void> {
  await page.locator('button:has-text("group by")').first().click();
  await page.evaluate('probe.arm()');
  await page.getByRole('option', { name: 'service.name' }).first().click();
}
