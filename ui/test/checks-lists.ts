/** What must hold on the pages that list and chart: services, service, traces, logs, metrics, system. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Check, dragAcross, expectEventually, searchOf, textOf } from './check.ts';

const rows = (page: Page) => page.locator('.table tbody tr[data-key]');
const column = (page: Page, nth: number): Promise<string[]> =>
  page.locator(`.table tbody tr[data-key] td:nth-child(${nth})`).allInnerTexts();

export const LIST_CHECKS: readonly Check[] = [
  {
    name: 'the first question of a page is asked once, before the page is drawn',
    run: async ({ page, facts, baseUrl }) => {
      const first = {
        '/services': '/services?',
        [`/services/${facts.service}`]: `/services/${facts.service}?`,
        '/traces': '/traces?',
        [`/traces/${facts.traceId}`]: `/traces/${facts.traceId}`,
        '/logs': '/logs?',
        '/metrics': '/metrics?',
        '/system': '/system?',
      };
      for (const [path, question] of Object.entries(first)) {
        const asked: string[] = [];
        const note = (request: { url(): string }): void => {
          const { pathname, search } = new URL(request.url());
          if (pathname.startsWith('/api/console/'))
            asked.push(`${pathname.slice('/api/console'.length)}${search || ''}`);
        };
        page.on('request', note);
        await page.goto(`${baseUrl}${path}?live=0`);
        await page.waitForLoadState('networkidle');
        page.off('request', note);
        const isFirst = (one: string): boolean =>
          question.endsWith('?') ? one.startsWith(question) : one === question;
        assert.ok(isFirst(asked[0] ?? ''), `${path} asks ${question} first, not ${asked[0]}`);
        assert.equal(asked.filter(isFirst).length, 1, `${path} asked: ${asked.join(', ')}`);
      }
    },
  },
  {
    name: 'services can be sorted, filtered and opened with the keyboard; back returns',
    run: async ({ page, open }) => {
      await open('/services');
      await page.getByRole('button', { name: 'Service', exact: true }).click();
      await expectEventually(() => searchOf(page).get('sort'), 'name');
      const names = await column(page, 1);
      assert.deepEqual(
        names,
        names.toSorted((a, b) => a.localeCompare(b)),
        'sorted by name',
      );
      await page.getByRole('button', { name: 'Errors' }).click();
      assert.equal(
        await textOf(page.locator('th[aria-sort=descending]')).then((text) => text.replace(/\W/g, '')),
        'Errors',
      );
      const name = (await rows(page).first().getAttribute('data-key'))!;
      await page.keyboard.press('/');
      await page.keyboard.type(name);
      await expectEventually(() => rows(page).count(), 1);
      await page.keyboard.press('Enter');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await expectEventually(() => new URL(page.url()).pathname, `/services/${name}`);
      await page.goBack();
      await expectEventually(() => searchOf(page).get('filter'), name);
    },
  },
  {
    name: 'a service shows its charts; dragging on one zooms the page and back undoes it',
    run: async ({ page, open, facts }) => {
      await open(`/services/${facts.service}`);
      await expectEventually(() => page.locator('.chart canvas').count(), 3);
      await dragAcross(page, page.locator('.chart .u-over').first(), [0.3, 0.5], [0.7, 0.5]);
      await expectEventually(() => searchOf(page).has('from') && searchOf(page).has('to'), true);
      await page.goBack();
      await expectEventually(() => searchOf(page).has('from'), false);
      assert.equal(await textOf(page.getByTestId('range')), 'Last 15 min');
    },
  },
  {
    name: 'the tip of a chart tells of what is under the pointer, also after a drag chose another range',
    run: async ({ page, open }) => {
      await open('/traces?live=0');
      await expectEventually(async () => (await rows(page).count()) > 5, true);
      await dragAcross(page, page.locator('.time-plot').first(), [0.5, 0.3], [0.9, 0.3]);
      await expectEventually(() => searchOf(page).has('from'), true);
      const [from, to] = ['from', 'to'].map((name) => Number(searchOf(page).get(name)));
      const tips = page.locator('.time-plot .tip');
      // A bucket can begin before the range. While the pointer rests there can be no tip, but none of another time.
      const isWithin = async (withoutTip: boolean): Promise<boolean> => {
        const [text] = await tips.allTextContents();
        if (text === undefined) return withoutTip;
        const found = /(\d\d-\d\d \d\d:\d\d:\d\d) –/.exec(text)?.[1];
        const at = Date.parse(`${new Date(from!).getFullYear()}-${found?.replace(' ', 'T')}`);
        return at > from! - (to! - from!) / 10 && at <= to!;
      };
      await expectEventually(() => isWithin(true), true);
      const { x, y, width } = (await page.locator('.time-plot').first().boundingBox())!;
      await page.mouse.move(x + width * 0.8, y + 20);
      await expectEventually(() => isWithin(false), true);
    },
  },
  {
    name: 'the charts of a page follow the pointer over one of them, with a line and their values',
    run: async ({ page, open, facts }) => {
      await open(`/services/${facts.service}?live=0`);
      await expectEventually(() => page.locator('.chart canvas').count(), 3);
      const lines = page.locator('.chart-crosshair:not([hidden])');
      await page
        .locator('.chart .u-over')
        .first()
        .hover({ position: { x: 120, y: 40 } });
      await expectEventually(() => lines.count(), 2);
      await expectEventually(
        async () => (await page.locator('.legend-time').allTextContents()).filter((text) => text !== '').length,
        3,
      );
      await page.mouse.move(2, 2);
      await expectEventually(() => lines.count(), 0);
    },
  },
  {
    name: 'an operation narrows the service, and its table view shows numbers',
    run: async ({ page, open, facts }) => {
      await open(`/services/${facts.service}`);
      const operation = page.getByRole('table', { name: 'Operations' }).locator('tbody tr[data-key]').first();
      await operation.locator('td').first().click();
      await expectEventually(() => searchOf(page).has('operation'), true);
      await page.getByRole('button', { name: 'Rate as a table' }).click();
      await expectEventually(async () => (await page.locator('.chart-table tbody tr').count()) > 5, true);
    },
  },
  {
    name: 'a query narrows the traces, completes keys and values, and is kept as history',
    run: async ({ page, open }) => {
      await open('/traces');
      await expectEventually(async () => (await rows(page).count()) > 5, true);
      await page.keyboard.press('/');
      await page.keyboard.type('stat');
      await page.getByRole('option', { name: 'status=error' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await expectEventually(() => searchOf(page).get('q'), 'status=error');
      await expectEventually(
        async () => (await column(page, 5)).every((errors) => Number(errors.replace(/,/g, '')) > 0),
        true,
      );
      await page.getByRole('button', { name: 'Clear the query' }).click();
      await expectEventually(() => searchOf(page).has('q'), false);
      await page.getByRole('combobox', { name: 'Query' }).focus();
      await page.getByRole('option', { name: /status=error recent/ }).waitFor();
      await page.keyboard.type('service=');
      await expectEventually(async () => (await page.getByRole('option').count()) > 0, true);
    },
  },
  {
    name: 'a wrong query is marked where it is wrong and is not asked; from a link, the page says it too',
    run: async ({ page, open }) => {
      await open('/traces');
      await expectEventually(async () => (await rows(page).count()) > 5, true);
      await page.keyboard.press('/');
      await page.keyboard.type('status=error "never closed');
      await page.keyboard.press('Enter');
      await page.locator('.query-error').waitFor();
      assert.equal(await page.getByRole('combobox', { name: 'Query' }).getAttribute('aria-invalid'), 'true');
      assert.equal(await textOf(page.locator('.query-backdrop .q-error')), '"never closed');
      assert.equal(searchOf(page).has('q'), false);
      assert.ok((await rows(page).count()) > 0, 'what was shown stays');
      await open('/traces?q=status=error%20%22never%20closed');
      await page.locator('.state-error .state-query mark').waitFor();
    },
  },
  {
    name: 'a box dragged on the scatter shows what differs in it, and narrows time and duration',
    // Where the box lies the demo may have nothing.
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces');
      await dragAcross(page, page.locator('.scatter .time-plot'), [0.45, 0.05], [0.8, 0.45]);
      await expectEventually(() => searchOf(page).has('box'), true);
      const panel = page.getByRole('region', { name: 'What differs' });
      await panel.getByText(/^[\d,]+ spans? beside [\d,]+ others/).waitFor();
      assert.ok(!/NaN|undefined|Invalid/.test(await textOf(panel)), 'no word that means nothing');
      await panel.getByRole('button', { name: 'Narrow to it' }).click();
      await expectEventually(() => ['from', 'to', 'min', 'max'].every((name) => searchOf(page).has(name)), true);
      const { from, to, min, max } = Object.fromEntries(
        [...searchOf(page)].map(([name, value]) => [name, Number(value)]),
      );
      assert.ok(to! > from! && max! > min!, 'a real box');
      await page.goBack();
      await expectEventually(() => searchOf(page).has('min'), false);
      await page.keyboard.press('Escape');
      await expectEventually(() => panel.count(), 0);
    },
  },
  {
    name: 'a red number leads to what the failed ones have more often; one of them narrows the list, or makes groups',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/services?range=1h');
      await page.locator('td .error-text.number-link').first().click();
      const panel = page.getByRole('region', { name: 'What differs' });
      const found = panel.locator('tbody tr[data-key]');
      await expectEventually(async () => (await found.count()) > 0, true);
      assert.equal(searchOf(page).get('sel'), 'status=error');
      const key = (await found.first().getAttribute('data-key'))!;
      await found.first().getByRole('button', { name: 'Group' }).click();
      await expectEventually(() => searchOf(page).get('group'), key);
      const groups = page.getByRole('table', { name: `Spans by ${key}` });
      await expectEventually(async () => (await groups.locator('tbody tr[data-key]').count()) > 0, true);
      await found.first().getByRole('button', { name: 'Include' }).click();
      await expectEventually(() => (searchOf(page).get('q') ?? '').startsWith(key), true);
    },
  },
  {
    name: 'the heatmap counts all spans; a box on it is a selection',
    run: async ({ page, open }) => {
      await open('/traces');
      await page.getByRole('button', { name: 'All spans' }).click();
      const plot = page.getByRole('img', { name: /^All [\d,]+ matching spans/ });
      await plot.waitFor();
      await dragAcross(page, plot, [0.3, 0.1], [0.7, 0.5]);
      await expectEventually(() => searchOf(page).get('box')?.split(',').length, 4);
      await page.getByRole('region', { name: 'What differs' }).waitFor();
      await expectEventually(() => page.locator('.marked-box').count(), 1);
    },
  },
  {
    name: 'with more traces than the list holds the scatter still shows the whole range',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces?range=3h');
      await page.getByText('The plot is a sample of').waitFor();
      // The newest thousand alone would lie at the right.
      const painted = await page.locator('.scatter canvas').evaluate((canvas: HTMLCanvasElement) => {
        const { width, height } = canvas;
        const pixels = canvas.getContext('2d')!.getImageData(width * 0.1, 0, width * 0.3, height * 0.8).data;
        const colours = new Set<number>();
        for (let i = 0; i < pixels.length; i += 4)
          if (pixels[i + 3]! > 0) colours.add((pixels[i]! << 16) | (pixels[i + 1]! << 8) | pixels[i + 2]!);
        return colours.size;
      });
      assert.ok(painted > 20, `${painted} colours in the left part: lines alone have two or three`);
    },
  },
  {
    name: 'a link into the traces restores every field',
    run: async ({ page, open, facts }) => {
      await open(`/traces?range=3h&service=${facts.service}&status=error&min=1000000&sort=slowest`);
      assert.equal(await textOf(page.getByTestId('range')), 'Last 3 h');
      assert.equal(await page.getByRole('textbox', { name: 'Shortest duration' }).inputValue(), '1ms');
      assert.equal(await page.getByRole('button', { name: 'Failed' }).getAttribute('aria-pressed'), 'true');
      assert.ok(await page.getByRole('button', { name: `service: ${facts.service}` }).isVisible());
    },
  },
  {
    name: 'a record whose values are shortened says so, and shows everything when asked',
    run: async ({ page, open }) => {
      let listed: object = {};
      await page.route('**/api/console/logs?*', async (route) => {
        const response = await route.fetch();
        const answer = (await response.json()) as { logs: object[] };
        answer.logs = answer.logs.map((log) => ({ ...log, body: 'the begin…', cut: { body: 1_000_000 } }));
        listed = answer.logs[0] ?? {};
        await route.fulfill({ response, json: answer });
      });
      await page.route('**/api/console/logs/record?*', (route) =>
        route.fulfill({ json: { log: { ...listed, body: 'the beginning and the end', cut: undefined } } }),
      );
      await open('/logs');
      await page.locator('.log-row').first().click();
      const detail = page.getByRole('complementary', { name: 'Log record' });
      await detail.getByText('Long values are shortened here').waitFor();
      await detail.getByRole('button', { name: 'Show everything' }).click();
      await detail.getByText('the beginning and the end', { exact: true }).waitFor();
      await expectEventually(() => detail.getByText('Long values are shortened here').count(), 0);
    },
  },
  {
    name: 'fields list values that narrow the logs; patterns count kinds of lines and lead to them; a record shows the lines around it',
    run: async ({ page, open }) => {
      await open('/logs');
      await page.getByRole('button', { name: 'Fields' }).click();
      const fields = page.getByRole('navigation', { name: 'Fields' });
      await fields
        .getByRole('button', { name: /^service/ })
        .first()
        .click();
      await fields.locator('.field-value').first().click();
      await expectEventually(() => (searchOf(page).get('q') ?? '').startsWith('service'), true);
      await page.locator('.log-row').first().click();
      const around = page.getByRole('list', { name: 'Lines around it' });
      await expectEventually(() => around.locator('[aria-current=true]').count(), 1);
      await page.getByRole('button', { name: 'Patterns' }).click();
      const kinds = page.getByRole('table', { name: 'Patterns' }).locator('tbody tr[data-key]');
      await expectEventually(async () => (await kinds.count()) > 0, true);
      await kinds.first().locator('td').nth(1).click();
      await expectEventually(() => searchOf(page).has('plot'), false);
      assert.ok(await page.getByRole('link', { name: 'Export' }).getAttribute('download'));
    },
  },
  {
    name: 'logs can be narrowed by level, opened, and lead to their trace',
    run: async ({ page, open }) => {
      await open('/logs');
      await expectEventually(async () => (await page.locator('.log-row').count()) > 10, true);
      await page
        .getByRole('group', { name: 'Levels' })
        .getByRole('button', { name: /^error/ })
        .click();
      await expectEventually(() => searchOf(page).get('severity'), 'error');
      await expectEventually(() => page.locator('.log-row:not(.level-error)').count(), 0);
      await page.keyboard.press('j');
      await expectEventually(() => searchOf(page).has('log'), true);
      const detail = page.getByRole('complementary', { name: 'Log record' });
      await detail.getByRole('table', { name: 'Attributes' }).locator('tr').first().hover();
      await detail
        .getByRole('button', { name: /^Only / })
        .first()
        .click();
      await expectEventually(() => searchOf(page).has('q'), true);
      await page.locator('.log-row .log-jump a').first().click();
      await page.locator('.waterfall').waitFor();
    },
  },
  {
    name: 'dragging on the histogram of the logs zooms',
    run: async ({ page, open }) => {
      await open('/logs');
      await dragAcross(page, page.locator('.plots .time-plot'), [0.4, 0.5], [0.6, 0.5]);
      await expectEventually(() => searchOf(page).has('from'), true);
    },
  },
  {
    name: 'the tail of the logs grows by itself and waits while one reads',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/logs');
      const newest = () => textOf(page.locator('.log-row .log-time').first());
      const before = await newest();
      await expectEventually(async () => (await newest()) !== before, true, 15_000);
      await page.locator('.log-scroll').evaluate((element) => element.scrollTo({ top: 600 }));
      await page.getByText('tail paused while you read').waitFor();
      await page.getByRole('button', { name: /new$/ }).waitFor({ timeout: 15_000 });
      await page.getByRole('button', { name: /new$/ }).click();
      await page.getByText('tail is live').waitFor();
    },
  },
  {
    name: 'older logs load on scrolling down',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/logs?range=6h&live=0');
      const loaded = async (): Promise<number> =>
        Number((await textOf(page.locator('.logs-main .list-head'))).split(' ')[0]!.replace(/,/g, ''));
      const before = await loaded();
      await page.locator('.log-scroll').evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
      await expectEventually(async () => (await loaded()) > before, true);
    },
  },
  {
    name: 'a metric is found, split and added up in another way',
    run: async ({ page, open }) => {
      await open('/metrics');
      const names = await page.locator('.metric-row').allInnerTexts();
      const wanted =
        names.map((name) => name.split('\n')[0]!).find((name) => /duration/.test(name)) ?? names[0]!.split('\n')[0]!;
      await page.getByRole('textbox', { name: 'Find a metric' }).fill(wanted);
      await page.locator('.metric-row', { hasText: wanted }).first().click();
      await expectEventually(() => searchOf(page).get('metric'), wanted);
      await page.getByRole('button', { name: /^Group by/ }).click();
      await page.getByRole('option', { name: /service\.name\b(?!space)/ }).click();
      await page.keyboard.press('Escape');
      await expectEventually(() => searchOf(page).get('group'), 'service.name');
      await expectEventually(async () => (await page.locator('.legend-row').count()) >= 1, true);
      await page.getByRole('button', { name: /^show/ }).click();
      await page.getByRole('option').last().click();
      await expectEventually(() => searchOf(page).has('agg'), true);
    },
  },
  {
    name: 'the system page draws the pipelines and tells the store',
    run: async ({ page, open }) => {
      await open('/system');
      await page.locator('.graph .node').first().waitFor();
      await expectEventually(async () => (await page.locator('.graph .edge').count()) >= 2, true);
      assert.ok(
        (await page.getByRole('table', { name: 'Store' }).locator('tbody tr').count()) >= 1,
        'tables of the store',
      );
      const processes = page.getByRole('table', { name: 'Processes' }).locator('tbody tr');
      await expectEventually(async () => (await processes.count()) >= 1, true);
    },
  },
  {
    name: "Signalbox's own metrics are apart, and chosen on the page of metrics",
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/metrics?live=0');
      const names = page.getByRole('navigation', { name: 'Metrics' });
      await names.getByText('http.server.request.duration').waitFor();
      assert.equal(await names.getByText(/^otelcol/).count(), 0);
      await names.getByRole('button', { name: 'Signalbox’s own' }).click();
      await names.getByText('otelcol_signalbox_store_lag').waitFor();
      await expectEventually(() => names.getByText('http.server.request.duration').count(), 0);
      assert.equal(searchOf(page).get('own'), '1');
    },
  },
  {
    name: 'points of charts and headline figures open the traces behind them',
    run: async ({ page, open, facts }) => {
      const path = `/services/${encodeURIComponent(facts.service)}`;
      await open(`${path}?range=1h&live=0`);
      await page
        .locator('.u-over')
        .first()
        .click({ position: { x: 150, y: 40 } });
      await expectEventually(() => new URL(page.url()).pathname, '/traces');
      assert.equal(searchOf(page).get('service'), facts.service);
      assert.ok(Number(searchOf(page).get('to')) - Number(searchOf(page).get('from')) < 3_600_000, 'one bucket');
      for (const [figure, parameter, value] of [
        ['errors', 'status', 'error'],
        ['p95', 'sort', 'slowest'],
        ['rate', 'service', facts.service],
      ] as const) {
        await open(`${path}?range=1h&live=0`);
        await page.locator('.figure-line > div', { hasText: figure }).getByRole('link').click();
        await expectEventually(() => new URL(page.url()).pathname, '/traces');
        assert.equal(searchOf(page).get(parameter), value);
      }
      await open('/traces?range=1h&live=0');
      await page
        .locator('.time-plot')
        .first()
        .click({ position: { x: 400, y: 30 } });
      await expectEventually(() => searchOf(page).has('from'), true);
    },
  },
  {
    name: 'a point of a metric opens the traces and logs of its services at that moment',
    // Where a line passes under the pointer is known of the mock's metrics alone.
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/metrics?live=0&group=service.name');
      const behind = page.getByRole('region', { name: 'Behind this point' });
      for (const [link, path] of [
        ['Traces', '/traces'],
        ['Logs', '/logs'],
      ] as const) {
        await page.locator('.u-over').click({ position: { x: 300, y: 200 } });
        const line = behind.getByRole('listitem').first();
        const service = (await textOf(line.locator('.service-name'))).trim();
        await line.getByRole('link', { name: link }).click();
        await expectEventually(() => new URL(page.url()).pathname, path);
        assert.equal(searchOf(page).get('service'), service);
        assert.ok(Number(searchOf(page).get('from')) < Number(searchOf(page).get('to')), 'a moment');
        await page.goBack();
        // What was kept is drawn at once, and anew when its answer comes.
        await page.waitForLoadState('networkidle');
      }
      await page.locator('.u-over').click({ position: { x: 300, y: 200 } });
      await behind.waitFor();
      await page.keyboard.press('Escape');
      await expectEventually(() => behind.count(), 0);
    },
  },
  {
    name: 'every duration of the services and their operations opens the slower traces',
    run: async ({ page, open, facts }) => {
      for (const path of ['/services', `/services/${encodeURIComponent(facts.service)}`]) {
        for (const figure of ['p50', 'p95', 'p99']) {
          await open(`${path}?range=1h&live=0`);
          await rows(page).first().getByTitle(`Traces above the ${figure}`).click();
          await expectEventually(() => new URL(page.url()).pathname, '/traces');
          assert.ok(Number(searchOf(page).get('min')) > 0, `${path} ${figure}`);
          assert.ok(searchOf(page).has('service'), `${path} ${figure}`);
        }
      }
    },
  },
  {
    name: 'points and components of the system open what the collector says of them',
    needs: 'mock',
    run: async ({ page, open }) => {
      for (const [chart, metric] of [
        ['Spool', 'otelcol_signalbox_store_spool_bytes'],
        ['Lag of the store', 'otelcol_signalbox_store_lag'],
        ['Restarts', 'otelcol_process_uptime'],
      ] as const) {
        await open('/system?live=0');
        const figure = page
          .getByRole('figure')
          .filter({ has: page.getByRole('heading', { name: chart, exact: true }) });
        await figure.locator('.u-over').click({ position: { x: 120, y: 40 } });
        await expectEventually(() => searchOf(page).get('metric'), metric);
        assert.equal(searchOf(page).get('own'), '1');
      }
      await open('/system?live=0');
      await page.locator('.graph a').first().click();
      await expectEventually(() => searchOf(page).has('find'), true);
      const [, kind] = /^otelcol_(receiver|processor|exporter)_$/.exec(searchOf(page).get('find') ?? '') ?? [];
      assert.ok(searchOf(page).get('q')?.startsWith(`${kind}=`), 'of this component');
      await open('/system?live=0');
      await page.getByRole('table', { name: 'Not stored' }).getByRole('link').first().click();
      await expectEventually(() => searchOf(page).get('own'), '1');
    },
  },
];
