/** What must hold of what is done with traces: pinned, read from a file, compared. */
import assert from 'node:assert/strict';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

const spanOf = (id: string, parent: string, startMs: number, more: object = {}) => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: id.padStart(16, '0'),
  parentSpanId: parent === '' ? '' : parent.padStart(16, '0'),
  name: `step ${id}`,
  kind: 2,
  startTimeUnixNano: `${1_760_000_000_000 + startMs}000000`,
  endTimeUnixNano: `${1_760_000_000_100 + startMs}000000`,
  attributes: [{ key: 'http.route', value: { stringValue: '<b>route</b>' } }],
  ...more,
});

const fileOf = (spans: readonly object[]): Buffer => {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: '<script>alert(1)</script>' } }] };
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans }] }] }));
};

export const TRACE_TOOL_CHECKS: readonly Check[] = [
  {
    name: 'a trace is pinned, listed among the pinned ones, and let go',
    needs: 'mock',
    run: async ({ page, open, facts }) => {
      await open(`/traces/${facts.traceId}`);
      await page.getByRole('button', { name: 'Pin', exact: true }).click();
      await page.getByRole('button', { name: 'Pinned', exact: true }).waitFor();
      await open('/traces');
      await page.getByRole('button', { name: 'Pinned traces' }).click();
      await page.getByRole('list', { name: 'Pinned traces' }).getByRole('link').click();
      await expectEventually(() => new URL(page.url()).pathname, `/traces/${facts.traceId}`);
      await page.getByRole('button', { name: 'Pinned', exact: true }).click();
      await page.getByRole('button', { name: 'Pin', exact: true }).waitFor();
    },
  },
  {
    name: 'a span says how long it took against the usual of its operation, and its service is asked for once',
    needs: 'mock',
    run: async ({ page, open, facts }) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await open(`/traces/${facts.traceId}?live=0`);
      await page.keyboard.press('j');
      const details = page.getByRole('complementary', { name: 'Span details' });
      await details.getByText(/^It took (?:no )?longer than .+ usually take: p50 .+, p95 .+, p99 .+$/).waitFor();
      const services = asked
        .filter((url) => url.includes('/traces/groups?'))
        .map((url) => new URL(url).searchParams.get('service'));
      assert.equal(services.length, new Set(services).size, `asked for ${services.join(', ')}`);
    },
  },
  {
    name: 'a trace from a file is shown with its spans, without being asked for; a file that is none says why',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces');
      const choose = page.getByLabel('Trace file');
      await choose.setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from('{"a":') });
      await page.getByText(/the file is no JSON/).waitFor();
      const spans = [spanOf('a', '', 0), spanOf('b', 'a', 10), spanOf('c', 'd', 20), spanOf('d', 'c', 30)];
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await choose.setInputFiles({ name: 'trace.json', mimeType: 'application/json', buffer: fileOf(spans) });
      await page.locator('.waterfall').waitFor();
      assert.equal(new URL(page.url()).pathname, '/trace-file');
      await page.getByText('2 spans are their own ancestors').waitFor();
      await page.keyboard.press('j');
      const details = page.getByRole('complementary', { name: 'Span details' });
      await details.getByText('<b>route</b>').waitFor();
      assert.match(await textOf(details), /<script>alert\(1\)<\/script>/);
      assert.ok(
        !asked.some((url) => url.includes('0af7651916cd43dd8448eb211c80319c')),
        'nothing is asked of the trace',
      );
      await open('/trace-file');
      await page.locator('#page').getByText('No file is open').waitFor();
    },
  },
  {
    name: 'two traces are chosen in the list and compared: durations beside each other, and what only one has',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces?sort=spans&live=0');
      const marks = page.getByRole('checkbox', { name: 'Choose for a comparison' });
      await marks.nth(0).check();
      await marks.nth(3).check();
      await page.getByRole('link', { name: 'Compare the two' }).click();
      await page.getByRole('region', { name: 'Trace A' }).waitFor();
      const { searchParams, pathname } = new URL(page.url());
      assert.equal(pathname, '/compare');
      const [a, b] = [searchParams.get('a'), searchParams.get('b')];
      assert.ok(a && b && a !== b, 'both are in the address');
      const rows = page.locator('.table tbody tr[data-key]');
      await expectEventually(async () => (await rows.count()) > 5, true);
      const named = (): Promise<number> => rows.locator('.service-name').count();
      assert.ok((await named()) < (await rows.count()), 'a service is named where it changes');
      await page.setViewportSize({ width: 390, height: 844 });
      const cut = (): Promise<string[]> =>
        rows
          .locator('.compare-name > .truncate')
          .evaluateAll((names) =>
            names.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent!),
          );
      await expectEventually(async () => (await cut()).filter((name) => name.length < 16).join(), '');
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByRole('button', { name: 'Swap' }).click();
      await expectEventually(() => searchOf(page).get('a'), b);
      await page.getByRole('button', { name: 'Only in one' }).click();
      await expectEventually(async () => (await named()) === (await rows.count()), true);
      await expectEventually(async () => (await rows.allInnerTexts()).every((text) => /only in [AB]/.test(text)), true);
      await open(`/compare?a=${a}&b=${a}`);
      await page.getByRole('button', { name: 'What changed' }).click();
      await page.locator('#page').getByText('Nothing changed').waitFor();
      await open(`/compare?a=${a}&b=${'f'.repeat(32)}`);
      await page.locator('#page').getByText('Trace B is not in the store').waitFor();
      await open(`/traces/${a}`);
      await page.getByRole('button', { name: 'Beside another trace' }).click();
      await page.getByText(/the same operation/).waitFor();
    },
  },
  {
    name: 'columns are chosen for lists of traces and logs, stand in the address, and are remembered',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces?live=0');
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByRole('option', { name: /^http\.route/ }).click();
      await expectEventually(() => searchOf(page).get('columns'), 'http.route');
      const head = page.getByRole('columnheader', { name: 'http.route' });
      await head.waitFor();
      await expectEventually(
        async () =>
          (await page.locator('.table tbody tr[data-key] td:nth-child(3)').allInnerTexts()).some((text) =>
            text.startsWith('/'),
          ),
        true,
      );
      await open('/traces?live=0');
      await expectEventually(() => searchOf(page).get('columns'), 'http.route');
      await head.waitFor();
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByRole('option', { name: /^http\.route/ }).click();
      await expectEventually(() => searchOf(page).has('columns'), false);
      await open('/logs?live=0');
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByRole('option').first().click();
      await expectEventually(() => searchOf(page).has('columns'), true);
      await page.locator('.log-row .log-column').first().waitFor();
    },
  },
];
