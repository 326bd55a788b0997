/** What must hold of the page of metrics in PromQL. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

const REQUESTS = 'sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))';

function editor(page: Page, letter = 'A'): Locator {
  return page.getByRole('textbox', { name: `Query ${letter} in PromQL` });
}

function row(page: Page, letter: string): Locator {
  return page.getByTestId(`query-${letter}`);
}

function options(page: Page): Locator {
  return page.locator('.cm-tooltip-autocomplete [role=option]');
}

const legend = (page: Page): Locator => page.locator('.legend-row .legend-label');

export const PROMQL_CHECKS: readonly Check[] = [
  {
    name: 'promql: an expression is typed, run with Enter and with Ctrl Enter, and is in the address',
    run: async ({ page, open }) => {
      await open('/metrics?live=0');
      await page.getByRole('button', { name: 'PromQL', exact: true }).click();
      await page.getByText('Begin with a question').waitFor();
      // Who comes from the builder can write at once.
      await expectEventually(() => editor(page).evaluate((field) => field === document.activeElement), true);
      await page.keyboard.type('vector(41)');
      // Once for the completion, if it is open, and once for the editor.
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.keyboard.press('/');
      await page.keyboard.press('Enter');
      await expectEventually(() => searchOf(page).get('a'), 'vector(41)');
      await expectEventually(() => textOf(page.locator('.legend-row b').first()), '41');
      await editor(page).click();
      await page.keyboard.press('End');
      await page.keyboard.type(' + 1');
      await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
      await page.keyboard.press('Control+Enter');
      await expectEventually(() => textOf(page.locator('.legend-row b').first()), '42');
      await page.goBack();
      await expectEventually(() => textOf(editor(page)), 'vector(41)');
      await expectEventually(() => textOf(page.locator('.legend-row b').first()), '41');
      await page.reload();
      await expectEventually(() => textOf(page.locator('.legend-row b').first()), '41');
      await page.getByRole('button', { name: 'Table', exact: true }).click();
      const table = page.getByRole('table', { name: 'Values at one moment' });
      await expectEventually(() => textOf(table.locator('tbody tr[data-key] td').last()), '41');
      assert.equal(searchOf(page).get('view'), 'table');
    },
  },
  {
    name: 'promql: a mistake is shown under its characters and in words, and is not asked',
    run: async ({ page, open }) => {
      await open('/metrics?live=0&a=vector(1)');
      await legend(page).first().waitFor();
      await editor(page).click();
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText('sum(foo) bx (a)');
      await row(page, 'A').getByRole('alert').getByText('unexpected').waitFor();
      const mark = page.locator('.cm-lintRange-error');
      await mark.waitFor();
      assert.equal(await textOf(mark), 'bx');
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.keyboard.press('Control+Enter');
      await expectEventually(() => searchOf(page).get('a'), 'sum(foo) bx (a)');
      await page.waitForLoadState('networkidle');
      assert.deepEqual(
        asked.filter((url) => url.includes('/query')),
        [],
      );
    },
  },
  {
    name: 'promql: the editor is loaded where it is used, and nowhere else',
    run: async ({ page, open }) => {
      const scripts: string[] = [];
      page.on('request', (request) => scripts.push(request.url()));
      await open('/services');
      // Other pages' scripts are loaded beforehand; the last of them ends the wait.
      await expectEventually(() => scripts.some((url) => /\/ottl-[^/]*\.js/.test(url)), true);
      await page.getByRole('link', { name: 'Metrics' }).first().click();
      await page.locator('.metric-list').waitFor();
      await page.waitForLoadState('networkidle');
      const editors = (): number => scripts.filter((url) => /promql-panel.*\.js/.test(url)).length;
      assert.equal(editors(), 0);
      await page.getByRole('button', { name: 'PromQL', exact: true }).click();
      await editor(page).waitFor();
      assert.equal(editors(), 1);
    },
  },
  {
    name: 'promql: the builder writes its question as one more query',
    run: async ({ page, open }) => {
      await open('/metrics?live=0&a=vector(1)&promql=0');
      await page.getByRole('button', { name: 'Edit as PromQL' }).click();
      await expectEventually(() => searchOf(page).has('b'), true);
      await expectEventually(() => textOf(editor(page)), 'vector(1)');
      await editor(page, 'B').waitFor();
      await row(page, 'B')
        .getByText(/series in \d+ ms/)
        .waitFor();
      await page.goBack();
      await page.locator('.metric-list').waitFor();
    },
  },
  {
    name: 'promql: names come with what they mean, labels and values of the metric',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/metrics?live=0&promql=1');
      await editor(page).click();
      await page.keyboard.type('http_server_request');
      await options(page).getByText('http_server_request_duration_seconds_count').waitFor();
      await expectEventually(
        () =>
          options(page)
            .first()
            .innerText()
            .then((text) => /histogram|counter/.test(text)),
        true,
      );
      await page.locator('.cm-completionInfo').getByText('Duration of HTTP server requests').waitFor();
      await page.keyboard.press('Escape');
      await expectEventually(() => options(page).count(), 0);
      assert.equal(await textOf(editor(page)), 'http_server_request');
      await page.keyboard.type('_duration_seconds_count{');
      await page.keyboard.type('http_ro');
      await options(page).getByText('http_route').waitFor();
      // A list that has just come takes nothing yet.
      await expectEventually(async () => {
        await page.keyboard.press('Tab');
        return textOf(editor(page));
      }, 'http_server_request_duration_seconds_count{http_route}');
      await page.keyboard.type('="/api/c');
      await options(page).getByText('/api/checkout').waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.type('art');
      await page.keyboard.press('Control+Enter');
      await expectEventually(
        () => searchOf(page).get('a'),
        'http_server_request_duration_seconds_count{http_route="/api/cart"}',
      );
      await expectEventually(async () => (await legend(page).count()) > 3, true);
    },
  },
  {
    name: 'promql: queries are divided by each other, hidden, named and removed',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open(`/metrics?live=0&a=${encodeURIComponent(REQUESTS)}`);
      await expectEventually(async () => (await legend(page).allInnerTexts()).includes('orders'), true);
      await page.getByRole('button', { name: 'Query', exact: true }).click();
      await page.keyboard.type('sum(A)');
      await page.keyboard.press('Control+Enter');
      await expectEventually(() => searchOf(page).get('b'), 'sum(A)');
      await page.getByRole('button', { name: 'Query', exact: true }).click();
      await page.keyboard.type('A / scalar(B)');
      await page.keyboard.press('Control+Enter');
      await expectEventually(async () => (await legend(page).allInnerTexts()).includes('C orders'), true);
      for (const name of ['A', 'B']) await page.getByRole('button', { name: `Hide query ${name}` }).click();
      await expectEventually(() => searchOf(page).get('hide'), 'A,B');
      await expectEventually(
        async () => (await legend(page).allInnerTexts()).join(),
        'inventory,orders,payments,web-gateway',
      );
      const shares = await page.locator('.legend-row b').allInnerTexts();
      assert.ok(Math.abs(shares.reduce((sum, text) => sum + Number(text), 0) - 1) < 0.02, `shares: ${shares.join()}`);
      await page.getByRole('textbox', { name: 'Legend of query C' }).fill('share of {{service_name}}');
      await page.keyboard.press('Enter');
      await expectEventually(async () => (await legend(page).first().innerText()).startsWith('share of'), true);
      assert.equal(searchOf(page).get('c.legend'), 'share of {{service_name}}');
      await page.reload();
      await expectEventually(async () => (await legend(page).first().innerText()).startsWith('share of'), true);
      await page.getByRole('button', { name: 'Remove query B' }).click();
      // C still names it: B is a metric now, which nobody has.
      await page.getByText('all without any number').waitFor();
      await page.getByRole('button', { name: 'Queries asked before' }).click();
      await page.getByRole('option', { name: 'sum(A)' }).waitFor();
    },
  },
  {
    name: 'promql: an exemplar opens its trace, a point what is behind it',
    needs: 'mock',
    run: async ({ page, open }) => {
      const quantile =
        'histogram_quantile(0.95, sum by (le, service_name) (rate(http_server_request_duration_seconds_bucket[5m])))';
      await open(`/metrics?live=0&range=1h&a=${encodeURIComponent(quantile)}`);
      await page.getByText('squares are exemplars').waitFor();
      const plot = page.locator('.u-over');
      await plot.click({ position: { x: 300, y: 8 } });
      const behind = page.getByRole('region', { name: 'Behind this point' });
      await behind.getByText('web-gateway').waitFor();
      await page.keyboard.press('Escape');
      const box = (await plot.boundingBox())!;
      // The lowest lie close together at the foot of the chart.
      for (let x = 20; x < box.width && new URL(page.url()).pathname === '/metrics'; x += 7)
        await page.mouse.click(box.x + x, box.y + box.height - 5);
      await expectEventually(() => /^\/traces\/[0-9a-f]{32}$/.test(new URL(page.url()).pathname), true);
      await page.goBack();
      await page.keyboard.press('x');
      await expectEventually(() => searchOf(page).get('exemplars'), '0');
    },
  },
  {
    name: 'promql: warnings and infos stand under what they are about, and an empty answer says why',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/metrics?live=0&a=rate(http_server_active_requests[5m])&b=2 * A&hide=A');
      await row(page, 'A').getByText('metric might not be a counter').waitFor();
      await expectEventually(() => textOf(page.locator('.cm-lintRange-info')), 'http_server_active_requests');
      const text = 'no metric is called http_server_active';
      const name = 'http_server_active_requests';
      const nearestMs = Date.now() - 5 * 86_400_000;
      const place = { start: 4, end: 22 };
      await page.route('**/prometheus/api/v1/query_range**', async (route) => {
        if (route.request().url().includes(name)) return route.continue();
        await route.fulfill({
          json: {
            status: 'success',
            data: { resultType: 'matrix', result: [] },
            infos: [`PromQL info: no data: ${text} (1:5)`],
            noData: [
              { kind: 'no-metric', text, metric: 'http_server_active', suggestions: [name], ...place },
              { kind: 'outside', text: 'the newest sample is older', nearestMs, ...place },
            ],
          },
        });
      });
      await open('/metrics?live=0&a=sum(http_server_active)');
      const state = page.locator('.state');
      await state.getByText(text).waitFor();
      await expectEventually(() => textOf(page.locator('.cm-lintRange-info')), 'http_server_active');
      await state.getByRole('button', { name: /^Go to / }).click();
      await expectEventually(() => Math.abs(Number(searchOf(page).get('to')) - nearestMs) < 86_400_000, true);
      await state.getByRole('button', { name }).click();
      await expectEventually(() => searchOf(page).get('a'), `sum(${name})`);
      await legend(page).first().waitFor();
      await page.unroute('**/prometheus/api/v1/query_range**');
    },
  },
  {
    name: 'promql: a query that fails says so and is asked again; one that is slow dims what was there',
    needs: 'mock',
    run: async ({ page, open, mock }) => {
      await open('/metrics?live=0&a=http_server_active_requests * on (job) http_server_active_requests');
      await legend(page).first().waitFor();
      await open('/metrics?live=0&a=http_server_request_duration_seconds_count * on (job) http_server_active_requests');
      await row(page, 'A').getByText('multiple matches for labels').waitFor();
      await page.getByText('The query was not answered').waitFor();
      mock!.breakStore(true);
      await open('/metrics?live=0&a=http_server_active_requests');
      await page.getByText('The query was not answered').waitFor();
      mock!.breakStore(false);
      await page.getByRole('button', { name: 'Try again' }).click();
      await legend(page).first().waitFor();
      await editor(page).click();
      await page.keyboard.press('End');
      await page.keyboard.type(' or mock_slow');
      await page.keyboard.press('Control+Enter');
      await page.locator('.stale .legend-row').first().waitFor();
      await page.locator('.fresh .legend-row').first().waitFor();
    },
  },
  {
    name: 'promql: an explanation has the parts of the query, what they took, and the statements',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open(`/metrics?live=0&a=${encodeURIComponent(REQUESTS)}`);
      await legend(page).first().waitFor();
      await page.getByRole('button', { name: 'Explain', exact: true }).click();
      await expectEventually(() => searchOf(page).get('view'), 'explain');
      const parts = page.getByRole('table', { name: 'Parts of query A' }).locator('tbody tr');
      await expectEventually(() => parts.count(), 3);
      assert.ok((await parts.first().innerText()).includes(REQUESTS));
      await page.getByText('Statement 2').click();
      await page.getByText('FROM metric_points').waitFor();
      await page.getByText('216k rows of 216k expected').waitFor();
    },
  },
  {
    name: 'promql: on a phone the editor takes an expression, and nothing is wider than the screen',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open('/metrics?live=0&promql=1');
      await editor(page).click();
      await page.keyboard.type('sum by (service_name) (rate(http_server_request_duration_seconds_c');
      await options(page).first().waitFor();
      const list = await page.locator('.cm-tooltip-autocomplete').boundingBox();
      assert.ok(
        list !== null && list.x >= 0 && list.x + list.width < 391,
        `the list of completions: ${JSON.stringify(list)}`,
      );
      await options(page).first().click();
      await page.keyboard.type('[5m]');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await expectEventually(async () => (await legend(page).count()) > 2, true);
      for (const view of ['Table', 'Chart']) {
        await page.getByRole('button', { name: view, exact: true }).click();
        await page.waitForLoadState('networkidle');
        const wide = await page.evaluate(() => document.querySelector('.promql-page')!.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `${view}: ${wide} px too wide`);
      }
    },
  },
];
