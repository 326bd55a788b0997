/** What must hold of dashboards. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

function panel(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true });
}

export const DASHBOARD_CHECKS: readonly Check[] = [
  {
    name: 'dashboards: the list opens one, says what could not be read, and the way back leads to it',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards?live=0');
      await page.getByText('1 file could not be read').click();
      await page.getByText('broken.json:3').waitFor();
      await page.getByRole('link', { name: 'short', exact: true }).click();
      await expectEventually(() => page.getByRole('img', { name: /orders/ }).count(), 2);
      await expectEventually(() => panel(page, 'Share by Service').locator('.tile-value').count(), 4);
      await page.goBack();
      await page.getByRole('table', { name: 'Dashboards' }).waitFor();
    },
  },
  {
    name: 'dashboards: one opens over its own range, where the address has none, and another one stays chosen',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/more?live=0');
      await expectEventually(() => searchOf(page).get('range'), '6h');
      await panel(page, 'Latency over time').locator('canvas').waitFor();
      await page.getByTestId('range').click();
      await page.getByRole('button', { name: 'Last 15 min' }).click();
      await expectEventually(() => searchOf(page).get('range'), null);
      await panel(page, 'Latency over time').locator('canvas').waitFor();
      assert.equal(searchOf(page).get('range'), null);
      await open('/dashboards/more?range=1h&live=0');
      await panel(page, 'Latency over time').locator('canvas').waitFor();
      assert.equal(searchOf(page).get('range'), '1h');
    },
  },
  {
    name: 'dashboards: each kind of panel shows its values, or says why it does not',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
      assert.match(await textOf(panel(page, 'Rate').locator('.tile-value').first()), /^\d+(\.\d+)? req\/s$/);
      await expectEventually(() => panel(page, 'Busy').locator('.gauge').count(), 3);
      await expectEventually(() => panel(page, 'Busiest').locator('.bar-gauge-row').count(), 4);
      await panel(page, 'Latency (p95) in bars').locator('.legend-row').first().waitFor();
      await panel(page, 'Routes').getByRole('columnheader', { name: 'Rate' }).waitFor();
      assert.equal(
        (await textOf(panel(page, 'Where').locator('.dash-note'))).trim(),
        'This is a map of the world: it is not drawn here.',
      );
      assert.match(await textOf(panel(page, 'Somebody else’s')), /type postgres, which the store is not/);
      await expectEventually(async () => /unclosed left parenthesis/.test(await textOf(panel(page, 'Wrong'))), true);
    },
  },
  {
    name: 'dashboards: shares, states, lists, lines and traces are drawn, and what leads somewhere does',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/more?range=1h&live=0');
      await expectEventually(() => panel(page, 'Share of requests').locator('.pie-row').count(), 4);
      for (const name of ['Latency over time', 'How rates spread', 'How busy', 'Requests by service'])
        await panel(page, name).locator('canvas').waitFor();
      await expectEventually(
        async () => /firing.*HighErrorRate.*severity=page/.test(await textOf(panel(page, 'Alerts'))),
        true,
      );
      const errors = panel(page, 'Errors');
      await errors.scrollIntoViewIfNeeded();
      await errors.getByRole('row').first().click();
      await errors.getByRole('region', { name: 'Labels of the line' }).getByText('service_name').waitFor();
      await expectEventually(
        async () => (await panel(page, 'Lines by level').locator('.legend-row').count()) > 1,
        true,
      );
      const traces = panel(page, 'Failed traces');
      await traces.scrollIntoViewIfNeeded();
      await traces.getByRole('row').getByRole('link').first().waitFor();
      await panel(page, 'Who calls whom').locator('.node').nth(3).waitFor();
      await panel(page, 'A plug-in').scrollIntoViewIfNeeded();
      await panel(page, 'A plug-in').getByText('needs the plug-in “speedometer-panel”').waitFor();
      await expectEventually(
        async () => /a panel of logs shows/.test(await textOf(panel(page, 'Lines as lines'))),
        true,
      );
      await traces.getByRole('row').getByRole('link').first().click();
      await page.locator('.waterfall').waitFor();
    },
  },
  {
    name: 'dashboards: a point offers its links, traces and exemplars; links lead to dashboards with their variables, and run nothing',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/more?range=1h&live=0');
      const bar = page.getByRole('navigation', { name: 'Links of the dashboard' });
      const titles = async (): Promise<string> => (await bar.getByRole('link').allTextContents()).join('; ');
      await expectEventually(titles, 'Runbook; Every kind of panel');
      assert.match((await bar.getByRole('link', { name: 'Runbook' }).getAttribute('href')) ?? '', /runbook\?t=\d{13}$/);
      await bar.getByRole('checkbox', { name: 'Busy times' }).uncheck();
      const axes = panel(page, 'Two axes');
      await axes.scrollIntoViewIfNeeded();
      await axes.locator('.legend-row').nth(4).waitFor();
      await axes.locator('.u-over').click({ position: { x: 300, y: 60 } });
      const behind = axes.getByRole('region', { name: 'Behind this point' });
      await behind.getByRole('link', { name: 'Traces' }).first().waitFor();
      const link = axes.locator('.dash-moment-links').getByRole('link');
      // The line that is nearest may be one without the label.
      const service = /^Only ?(.*)$/.exec(await textOf(link))?.[1];
      await link.click();
      await expectEventually(() => searchOf(page).get('vars'), `service=${service}`);
      assert.equal(new URL(page.url()).pathname, '/dashboards/kinds');
      await page.goBack();
      await panel(page, 'Errors').getByTitle('Open these queries in Logs').click();
      await expectEventually(() => searchOf(page).get('service'), 'payments');
      assert.equal(searchOf(page).get('q'), '"a"');
    },
  },
  {
    name: 'dashboards: a panel is changed, moved and put back; the JSON says what changed, and a reload keeps it',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await panel(page, 'In all').getByRole('button', { name: 'Edit' }).click();
      const editor = page.getByRole('complementary', { name: 'Panel' });
      await editor.getByRole('textbox', { name: 'Expression of A' }).click();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('vector(6) * 7');
      await editor.getByLabel('Unit').selectOption('none');
      await editor.getByLabel('Title').fill('The answer');
      await expectEventually(() => textOf(panel(page, 'The answer').locator('.tile-value')), '42');
      await editor.getByRole('button', { name: 'Close the panel' }).click();
      const tools = page.getByRole('toolbar', { name: 'Changes of the dashboard' });
      const box = async (name: string) => (await panel(page, name).boundingBox())!;
      const before = await box('The answer');
      await page.mouse.move(before.x + 40, before.y + 16);
      await page.mouse.down();
      await page.mouse.move(before.x - 200, before.y + 16, { steps: 4 });
      await page.mouse.up();
      await expectEventually(async () => (await box('The answer')).x < before.x - 100, true);
      await tools.getByRole('button', { name: 'Undo' }).click();
      await expectEventually(async () => Math.abs((await box('The answer')).x - before.x) < 2, true);
      await tools.getByRole('button', { name: 'JSON' }).click();
      const json = page.getByRole('region', { name: 'JSON of the dashboard' });
      assert.match(await textOf(json.locator('.diff-added').first()), /The answer|vector\(6\)|unit/);
      await page.reload();
      await panel(page, 'The answer').waitFor();
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await tools.getByRole('button', { name: 'Discard' }).click();
      await panel(page, 'In all').waitFor();
      assert.equal(await page.getByText('changed here').count(), 0);
    },
  },
  {
    name: 'dashboards: a figure stands above its line, and a title has the whole line until the pointer comes',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      const rate = panel(page, 'Rate');
      await expectEventually(() => rate.locator('.tile-trend').count(), 4);
      const tile = rate.locator('.tile').first();
      const [value, trend] = await Promise.all(
        ['.tile-value', '.tile-trend'].map(async (part) => (await tile.locator(part).boundingBox())!),
      );
      assert.ok(value!.y + value!.height <= trend!.y + 2, 'the figure is on its line');
      const opacity = (): Promise<string> =>
        rate.locator('.dash-tools').evaluate((each) => getComputedStyle(each).opacity);
      await page.mouse.move(0, 0);
      await expectEventually(opacity, '0');
      await rate.hover();
      await expectEventually(opacity, '1');
      await page.mouse.move(0, 0);
      await rate.getByRole('link').last().focus();
      await expectEventually(opacity, '1');
    },
  },
  {
    name: 'dashboards: in a narrow panel names come before the largest values',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      const largest = panel(page, 'Latency (p95) in bars').locator('.legend-max').first();
      await largest.waitFor();
      await page.setViewportSize({ width: 390, height: 844 });
      await panel(page, 'Latency (p95) in bars').scrollIntoViewIfNeeded();
      await largest.waitFor({ state: 'hidden' });
      await page.setViewportSize({ width: 1000, height: 844 });
      const cut = (): Promise<string> =>
        page
          .locator('.dash-head h3')
          .evaluateAll((titles) =>
            titles.flatMap((each) => (each.scrollWidth > each.clientWidth ? [each.textContent!] : [])).join(),
          );
      await expectEventually(cut, '');
    },
  },
  {
    name: 'dashboards: what a legend has no room for is counted, shown on demand, and told beside the pointer',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open('/dashboards/more?range=1h&live=0');
      const chart = panel(page, 'Two axes');
      await chart.scrollIntoViewIfNeeded();
      const rest = chart.locator('.legend-rest');
      await rest.waitFor();
      const inSight = chart.locator('.legend-folded .legend-row:not(.folded)');
      const all = await chart.locator('.legend-folded .legend-row').count();
      await expectEventually(async () => `+${all - (await inSight.count())}`, await textOf(rest));
      await rest.click();
      await expectEventually(() => chart.locator('.legend-all .legend-row').count(), all);
      await page.keyboard.press('Escape');
      await chart.locator('.legend-all').waitFor({ state: 'detached' });
      const plot = (await chart.locator('.u-over').boundingBox())!;
      const body = (await chart.boundingBox())!;
      const tip = chart.locator('.tip');
      for (const share of [0.1, 0.9]) {
        await page.mouse.move(plot.x + plot.width * share, plot.y + plot.height / 2);
        await tip.locator('b', { hasText: /\d/ }).waitFor();
        const told = (await tip.boundingBox())!;
        assert.ok(told.x >= body.x && told.x + told.width <= body.x + body.width, 'the tip is within its panel');
      }
    },
  },
  {
    name: 'dashboards: a panel without data says what is not there',
    needs: 'mock',
    run: async ({ page, open }) => {
      const reason = 'no series of "gone" has a label a; there are others, too many for a panel';
      await page.route('**/prometheus/api/v1/query*', (route) =>
        route.fulfill({
          json: {
            status: 'success',
            data: { resultType: 'matrix', result: [] },
            noData: [
              { kind: 'no-metric', text: 'no metric is called "gone_count"', start: 0, end: 4 },
              { kind: 'no-label', text: reason, start: 0, end: 4 },
            ],
          },
        }),
      );
      await open('/dashboards/kinds?live=0');
      await expectEventually(
        async () => (await textOf(panel(page, 'Rate').locator('.dash-note'))).trim(),
        'No data in this range: no series of "gone" has a label a.',
      );
    },
  },
  {
    name: 'dashboards: a text panel runs nothing and leads nowhere bad',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      const text = panel(page, 'Read me');
      await text.getByRole('heading', { name: 'Hello' }).waitFor();
      assert.equal(await text.locator('script, img, [onerror], a[href^="javascript"]').count(), 0);
      assert.equal(await text.getByRole('link').count(), 1);
      assert.equal(await page.title(), 'Every kind of panel – Signalbox');
    },
  },
  {
    name: 'dashboards: a chosen variable is in the address, narrows the panels and their repeats',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
      await page.getByRole('button', { name: 'service', exact: true }).click();
      await page.getByRole('checkbox', { name: 'orders' }).check();
      await expectEventually(() => searchOf(page).get('vars'), 'service=orders');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 1);
      await expectEventually(() => panel(page, 'payments').count(), 0);
      await page.reload();
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 1);
    },
  },
  {
    name: 'dashboards: an ad hoc filter is chosen of the labels that are there, and narrows every query',
    needs: 'mock',
    run: async ({ page, open }) => {
      const asked: string[] = [];
      page.on('request', (request) => void asked.push(decodeURIComponent(request.url())));
      await open('/dashboards/kinds?live=0');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
      const filters = page.getByRole('group', { name: 'Filters' });
      await filters.getByRole('button', { name: 'Add a filter to Filters' }).click();
      const form = page.getByRole('form', { name: 'Filter' });
      await expectEventually(() => form.locator('datalist').first().locator('option[value=service_name]').count(), 1);
      await form.getByLabel('Label').fill('service_name');
      await expectEventually(() => form.locator('datalist').last().locator('option[value=orders]').count(), 1);
      await form.getByLabel('Operator').selectOption('one of');
      await form.getByLabel('Values').selectOption(['orders', 'payments']);
      await form.getByRole('button', { name: 'Apply' }).click();
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 2);
      assert.equal(searchOf(page).get('vars'), 'Filters=service_name%7C%3D__gfp__%7Corders%7Cpayments');
      assert.ok(asked.some((url) => /service_name=~"orders\|payments"/.test(url)));
      await page.reload();
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 2);
      await filters.getByRole('button', { name: 'Change the filter service_name one of orders, payments' }).click();
      await form.getByRole('button', { name: 'Remove' }).click();
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
    },
  },
  {
    name: 'dashboards: values of stats and tables lead where their links do, and a panel makes a new rule',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
      const tile = panel(page, 'Rate').locator('.tile', { hasText: 'orders' });
      await tile.getByRole('button', { name: 'Links of orders' }).click();
      const runbook = tile.getByRole('link', { name: 'Runbook of orders' });
      assert.equal(await runbook.getAttribute('href'), 'https://x.org/orders');
      await page.keyboard.press('Escape');
      const cell = panel(page, 'Routes').getByRole('link', { name: 'orders', exact: true }).first();
      await cell.click();
      await expectEventually(() => searchOf(page).get('vars'), 'service=orders');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 1);
      await panel(page, 'Rate').getByTitle('New rule from this panel').click();
      await expectEventually(() => new URL(page.url()).pathname, '/alerts');
      const form = page.getByRole('form', { name: 'New rule' });
      await expectEventually(async () => /service_name=~"orders"/.test(await textOf(form.locator('pre'))), true);
    },
  },
  {
    name: 'dashboards: pressing the text of a value chooses it, and the menu stays',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/kinds?live=0');
      await page.getByRole('button', { name: 'service', exact: true }).click();
      const row = page.locator('.dash-choice', { hasText: 'orders' });
      const box = await row.boundingBox();
      assert.ok(box);
      await page.mouse.click(box.x + 40, box.y + box.height / 2);
      await expectEventually(() => searchOf(page).get('vars'), 'service=orders');
      await page.mouse.click(box.x + box.width - 4, box.y + box.height / 2);
      await expectEventually(() => page.getByRole('checkbox', { name: 'orders' }).isChecked(), false);
      assert.equal(await page.locator('.popover').count(), 1);
    },
  },
  {
    name: 'dashboards: on a phone a table keeps its columns and scrolls, and a long value is small and whole',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 390, height: 800 });
      await open('/dashboards/kinds?live=0');
      const routes = panel(page, 'Routes');
      await routes.scrollIntoViewIfNeeded();
      await expectEventually(() => routes.getByRole('columnheader').count(), 3);
      const hidden = await routes.locator('.table-wrap').evaluate((wrap) => wrap.scrollWidth - wrap.clientWidth);
      assert.ok(hidden > 0, 'what has no room is reached by scrolling');
      await page.setViewportSize({ width: 900, height: 800 });
      await page.getByRole('button', { name: /Closed/ }).click();
      const value = panel(page, 'Long').locator('.tile-value');
      await expectEventually(() => textOf(value), '1,234,567.891');
      const [overflow, lines] = await value.evaluate((element) => [
        element.getBoundingClientRect().width - element.parentElement!.clientWidth,
        element.clientHeight / Number.parseFloat(getComputedStyle(element).lineHeight),
      ]);
      assert.ok(overflow! <= 0, `the value is ${overflow} px wider than its tile`);
      assert.ok(lines! < 1.5, `the value has ${lines} lines`);
    },
  },
  {
    name: 'dashboards: a panel below the fold asks when it is seen, and opens in Metrics',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 1440, height: 500 });
      const asked: string[] = [];
      page.on('request', (request) => void asked.push(decodeURIComponent(request.url())));
      await open('/dashboards/kinds?live=0');
      await expectEventually(() => panel(page, 'Rate').locator('.tile').count(), 4);
      const ofRepeat = (): boolean => asked.some((url) => /service_name=~"payments"/.test(url));
      assert.equal(ofRepeat(), false);
      await panel(page, 'payments').scrollIntoViewIfNeeded();
      await expectEventually(async () => ofRepeat(), true);
      await page.getByRole('button', { name: /Closed/ }).click();
      await expectEventually(() => textOf(panel(page, 'Inside').locator('.tile-value')), '7');
      await panel(page, 'payments').getByTitle('Open these queries in Metrics').click();
      await expectEventually(async () => /service_name=~"payments"/.test(searchOf(page).get('a') ?? ''), true);
      assert.equal(new URL(page.url()).pathname, '/metrics');
    },
  },
];
