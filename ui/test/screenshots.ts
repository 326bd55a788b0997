/** A picture of every page, for people to look at. A page that reports a problem, or does not get there, is a failure. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser, openConsole, type Theme } from './browser.ts';
import { TIME_FACTOR } from './check.ts';

interface Shot {
  readonly name: string;
  /** An address, or how to get to the page when it depends on the data. */
  readonly path: string;
  readonly act?: (page: Page) => Promise<void>;
  /** The page is of a component or a dashboard that only the mock has. */
  readonly needs?: 'mock';
}

const settle = (page: Page): Promise<void> => page.waitForLoadState('networkidle').then(() => page.waitForTimeout(250));

async function openFirstRow(page: Page): Promise<void> {
  await page.locator('.table tbody tr[data-key]').first().locator('a').last().click();
  await page.locator('.waterfall').waitFor();
  await settle(page);
}

async function openFirstNode(page: Page): Promise<void> {
  if (await page.locator('.node-choice').first().isVisible()) await page.locator('.node-choice').nth(3).click();
  await settle(page);
}

const SHOTS: readonly Shot[] = [
  { name: 'services', path: '/services' },
  {
    name: 'service',
    path: '/services',
    act: async (page) => {
      await page.locator('.table tbody tr[data-key] a').first().click();
      await page.locator('.chart').first().waitFor();
      await settle(page);
    },
  },
  {
    name: 'explore',
    path: '/explore?range=1h&live=0',
    act: (page) => page.locator('.log-row').first().waitFor(),
  },
  {
    name: 'explore-metrics',
    path: '/explore?range=1h&live=0&stacked=1&one=metrics&one.q=sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))&two=sql&two.q=SELECT toStartOfMinute(time) AS minute, service, sum(requests) AS requests FROM requests WHERE $__timeFilter(time) GROUP BY minute, service',
    act: (page) => page.locator('.legend-row').first().waitFor(),
  },
  {
    name: 'searches',
    path: '/traces?q=http.route%3D%2Fapi%2Fcart',
    act: async (page) => {
      await page.keyboard.press('S');
      await settle(page);
    },
  },
  {
    name: 'alert-logql',
    path: '/alerts?language=logql&a=sum by (service_name) (count_over_time({service_name=~".%2B"} | detected_level%3D"error" [5m])) > 0',
  },
  { name: 'map', path: '/map' },
  { name: 'map-before', path: '/map?against=1h', act: openFirstNode },
  { name: 'map-many', needs: 'mock', path: '/map?env=many' },
  { name: 'map-table', path: '/map?view=table' },
  { name: 'traces', path: '/traces' },
  {
    name: 'trace',
    path: '/traces?status=error&sort=spans',
    act: async (page) => {
      await openFirstRow(page);
      await page.keyboard.press('E');
      await settle(page);
    },
  },
  {
    name: 'trace-logs',
    path: '/traces?sort=spans',
    act: async (page) => {
      await openFirstRow(page);
      await page.keyboard.press('l');
      await settle(page);
    },
  },
  {
    name: 'compare',
    path: '/traces?sort=spans&live=0',
    act: async (page) => {
      // On a phone there is no room for the boxes in which two are chosen.
      const rows = page.locator('.table tbody tr[data-key]');
      await rows.first().waitFor();
      const [a, b] = await Promise.all([0, 3].map((at) => rows.nth(at).getAttribute('data-key')));
      await page.goto(new URL(`/compare?a=${a}&b=${b}`, page.url()).href);
      await page.getByRole('region', { name: 'Trace A' }).waitFor();
      await settle(page);
    },
  },
  { name: 'traceql', path: '/traces?live=0&q={ span.http.route != nil } >> { status = error }' },
  {
    name: 'traceql-series',
    path: '/traces?live=0&q={ } | rate() by (resource.service.name)',
    act: (page) => page.locator('.legend-row').first().waitFor(),
  },
  { name: 'logql', path: '/logs?live=0&q={service_name="orders"} |= "order" | json' },
  { name: 'logs', path: '/logs' },
  {
    name: 'logs-detail',
    path: '/logs?severity=error,warn',
    act: async (page) => {
      await page.locator('.log-row').nth(1).click();
      await settle(page);
    },
  },
  {
    name: 'errors',
    path: '/errors',
    act: async (page) => {
      await page.locator('.table tbody tr[data-key]').first().waitFor();
      await settle(page);
    },
  },
  {
    name: 'error',
    path: '/errors',
    act: async (page) => {
      await page.locator('.table tbody tr[data-key]').first().click();
      await page.getByRole('complementary', { name: 'Error' }).waitFor();
      await settle(page);
    },
  },
  { name: 'dashboards', path: '/dashboards' },
  { name: 'dashboard', needs: 'mock', path: '/dashboards/kinds?range=1h' },
  { name: 'dashboard-more', needs: 'mock', path: '/dashboards/more?range=1h' },
  {
    name: 'dashboard-edit',
    needs: 'mock',
    path: '/dashboards/kinds?range=1h&live=0',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByRole('region', { name: 'Rate', exact: true }).getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('complementary', { name: 'Panel' }).waitFor();
      await settle(page);
    },
  },
  {
    name: 'dashboard-save',
    needs: 'mock',
    path: '/dashboards/mine?range=1h&live=0',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
      await page.getByRole('button', { name: 'Versions', exact: true }).click();
      await page.getByRole('table', { name: 'Versions' }).waitFor();
      await settle(page);
    },
  },
  {
    name: 'dashboard-copy',
    needs: 'mock',
    path: '/dashboards/kinds?range=1h&live=0',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await settle(page);
    },
  },
  {
    name: 'dashboard-filter',
    needs: 'mock',
    path: '/dashboards/kinds?range=1h&live=0&vars=Filters%3Dservice_name%257C%253D%257Corders',
    act: async (page) => {
      await page.getByRole('button', { name: 'Add a filter to Filters' }).click();
      await page.getByRole('form', { name: 'Filter' }).waitFor();
      await settle(page);
    },
  },
  { name: 'dashboard-short', needs: 'mock', path: '/dashboards/short?range=1h' },
  { name: 'alerts', path: '/alerts' },
  { name: 'alert-rule', needs: 'mock', path: '/alerts?rule=HighErrorRate&in=shop' },
  { name: 'alert-new', path: '/alerts?a=up%20%3D%3D%200' },
  {
    name: 'sql',
    path: '/sql?q=SELECT toStartOfMinute(time) AS minute, service, sum(requests) AS requests FROM requests GROUP BY minute, service',
    act: (page) => page.locator('.legend-row').first().waitFor(),
  },
  { name: 'metrics', path: '/metrics' },
  {
    name: 'metric',
    path: '/metrics',
    act: async (page) => {
      await page.locator('.metric-list button').first().click();
      await page.locator('.chart').first().waitFor();
      await settle(page);
    },
  },
  { name: 'heatmap', path: '/metrics?metric=http.server.request.duration&agg=heatmap&range=1h' },
  {
    name: 'promql',
    path: '/metrics?live=0&a=sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))&b=sum by (service_name) (rate(http_server_request_duration_seconds_count{http_response_status_code%3D~"5.."}[5m]))&b.legend={{service_name}} failed&c=B / A&hide=C',
    act: (page) => page.locator('.legend-row').first().waitFor(),
  },
  {
    name: 'promql-exemplars',
    path: '/metrics?live=0&a=histogram_quantile(0.95, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket[5m])))',
    act: (page) => page.locator('.legend-row').first().waitFor(),
  },
  {
    name: 'promql-table',
    path: '/metrics?live=0&a=sum by (service_name, http_route) (rate(http_server_request_duration_seconds_count[5m]))&view=table',
    act: (page) => page.getByRole('table', { name: 'Values at one moment' }).waitFor(),
  },
  {
    name: 'promql-explain',
    // The server's statements depend on its data.
    needs: 'mock',
    path: '/metrics?live=0&a=histogram_quantile(0.95, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket[5m])))&view=explain',
    act: async (page) => {
      await page.locator('.explain-statement summary').last().click();
      await settle(page);
    },
  },
  {
    name: 'promql-complete',
    path: '/metrics?live=0&promql=1',
    act: async (page) => {
      await page.getByRole('textbox', { name: 'Query A in PromQL' }).click();
      await page.keyboard.type('sum(rate(http_serv');
      await page.locator('.cm-tooltip-autocomplete').waitFor();
      await settle(page);
    },
  },
  {
    name: 'promql-mistake',
    path: '/metrics?live=0&a=sum(rate(http_server_active_requests[5m]))&b=sum(rate(nosuch[5m]) by (x)',
    act: (page) => page.getByRole('alert').waitFor(),
  },
  { name: 'promql-nothing', path: '/metrics?live=0&a=no_such_metric{job%3D"x"}' },
  { name: 'system', path: '/system' },
  {
    name: 'tap',
    path: '/tap?at=logs/processors/attributes/redact',
    needs: 'mock',
    act: (page) => page.locator('.tap-row').nth(8).waitFor(),
  },
  {
    name: 'ottl',
    path: '/ottl',
    act: async (page) => {
      await page.locator('.item-fields').waitFor();
      await settle(page);
    },
  },
  { name: 'send', path: '/send' },
  { name: 'empty', path: '/traces?q=status%3Derror+service%3Dpxyments+http.route%3D%2Fapi%2Fcart' },
  {
    name: 'moment',
    path: '/metrics?metric=http.server.request.duration&group=service.name&live=0',
    act: async (page) => {
      await page.locator('.u-over').click({ position: { x: 200, y: 120 } });
      await settle(page);
    },
  },
  {
    name: 'keys',
    path: '/services',
    act: async (page) => {
      await page.keyboard.press('?');
      await settle(page);
    },
  },
];

/** A laptop, half of its screen, a phone. */
const HEIGHTS: Readonly<Record<number, number>> = { 1440: 900, 1024: 768, 390: 844 };
const THEMES: readonly Theme[] = ['dark', 'light'];

/** One pass over all pages. */
interface Pass {
  readonly width: number;
  readonly theme: Theme;
}

/** Passes as `SCREENSHOT_PASSES` has them, such as `1440-dark,390-light`. Undefined: each width in both themes. */
export function passesOf(text: string | undefined): readonly Pass[] {
  const all = Object.keys(HEIGHTS)
    .map(Number)
    .toReversed()
    .flatMap((width) => THEMES.map((theme) => ({ width, theme })));
  if (text === undefined) return all;
  const wanted = text.split(',');
  const unknown = wanted.find((name) => !all.some((pass) => nameOf(pass) === name));
  if (unknown !== undefined)
    throw new Error(`SCREENSHOT_PASSES: there is no ${unknown}, but ${all.map(nameOf).join(', ')}`);
  return all.filter((pass) => wanted.includes(nameOf(pass)));
}

function nameOf({ width, theme }: Pass): string {
  return `${width}-${theme}`;
}

export interface ShotResult {
  readonly name: string;
  /** Why there is no picture, or what the page reported. */
  readonly error: Error | undefined;
}

/**
 * Saves `<outDir>/<page>-<theme>.png` for every page, and with the width behind it for smaller screens; `only` limits it to pages whose
 * name contains the text.
 */
export async function screenshotAllPages(
  baseUrl: string,
  outDir: string,
  { only = '', isMock, passes = passesOf(undefined) }: ShotOptions,
): Promise<readonly ShotResult[]> {
  const shots = SHOTS.filter(({ name, needs }) => name.includes(only) && (isMock || needs !== 'mock'));
  await mkdir(outDir, { recursive: true });
  const browser = await launchBrowser();
  const results: ShotResult[] = [];
  try {
    for (const { width, theme } of passes) {
      const view = await openConsole(browser, baseUrl, theme, { width, height: HEIGHTS[width]! });
      view.page.setDefaultTimeout(8_000 * TIME_FACTOR);
      for (const shot of shots) {
        const name = `${shot.name}-${theme}${width === 1440 ? '' : `-${width}`}`;
        const problemsBefore = view.problems.length;
        let error: Error | undefined;
        try {
          await view.open(shot.path);
          await shot.act?.(view.page);
          if (view.problems.length > problemsBefore) error = new Error(view.problems.slice(problemsBefore).join('; '));
        } catch (failure) {
          error = failure as Error;
        }
        // Of a page that failed too.
        await view.page.screenshot({ path: join(outDir, `${name}.png`) }).catch((failure: Error) => {
          error ??= failure;
        });
        results.push({ name: `picture ${name}`, error });
      }
      await view.close();
    }
  } finally {
    await browser.close();
  }
  return results;
}

interface ShotOptions {
  readonly only?: string;
  readonly isMock: boolean;
  readonly passes?: readonly Pass[];
}
