/** The page of SQL. */
import assert from 'node:assert/strict';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

export const SQL_CHECKS: readonly Check[] = [
  {
    name: 'SQL: an example is asked, drawn and listed; its statement is in the address, and in the history',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/sql');
      await page.getByText('Write a statement, or begin with an example').waitFor();
      await page.getByRole('button', { name: 'Examples' }).click();
      await page.getByRole('option', { name: 'Requests a minute of each service' }).click();
      const answer = page.getByRole('region', { name: 'Answer' });
      await answer.getByText('60 rows').waitFor();
      await answer.locator('.legend-row').nth(2).waitFor();
      assert.match(searchOf(page).get('q') ?? '', /toStartOfMinute/);
      await answer.getByRole('button', { name: 'Table', exact: true }).click();
      await expectEventually(() => answer.locator('.chart').count(), 0);
      assert.equal(await answer.getByRole('row').count(), 61);
      await page.getByRole('button', { name: 'Statements asked before' }).click();
      assert.equal(await page.getByRole('option').count(), 1);
    },
  },
  {
    name: 'SQL: rows with more columns than room scroll in their place, and rows that each stand alone are no chart',
    needs: 'mock',
    run: async ({ page, open }) => {
      const names = Array.from({ length: 24 }, (_, i) => `a_column_${i}`);
      const meta = [
        { name: 'time', type: 'DateTime' },
        { name: 'n', type: 'UInt8' },
      ].concat(names.map((name) => ({ name, type: 'String' })));
      const data = Array.from({ length: 20 }, (_, i) => [
        `2026-11-29 10:00:${i + 10}`,
        i,
        ...names.map((name) => `${name}-${i}`),
      ]);
      await page.route('**/api/sql?*', (route) => route.fulfill({ json: { meta, data } }));
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 844 });
        await open('/sql?q=SELECT%20*%20FROM%20spans');
        const table = page.getByRole('table', { name: 'Rows' });
        await table.getByText('a_column_23-19').waitFor({ state: 'attached' });
        assert.equal(await page.getByRole('region', { name: 'Answer' }).locator('.chart').count(), 0);
        const [right, limit, pageWidth] = await page.evaluate(() => {
          const edge = (of: string): DOMRect => document.querySelector(of)!.getBoundingClientRect();
          return [edge('.sql-result .table-wrap').right, edge('.sql-main').right, document.documentElement.scrollWidth];
        });
        assert.ok(right! <= limit! + 1, `at ${width} px the rows end where their place ends: ${right} of ${limit}`);
        assert.ok(pageWidth! <= width, 'the page itself does not scroll sideways');
      }
    },
  },
  {
    name: 'SQL: columns are completed, Ctrl+Enter runs, a mistake is marked where it is',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/sql');
      const editor = page.getByRole('textbox', { name: 'SQL statement' });
      await editor.click();
      await page.keyboard.type('SELECT http_sta');
      await page.locator('.cm-completionLabel', { hasText: 'http_status' }).waitFor();
      // A list that has only just come takes nothing yet.
      const take = async (): Promise<string> => {
        await page.keyboard.press('Tab');
        return textOf(editor);
      };
      await expectEventually(take, 'SELECT http_status');
      await page.keyboard.type(', serice FROM spans');
      await page.keyboard.press('Escape');
      await editor.click();
      await page.keyboard.press('Control+Enter');
      await page.getByRole('alert').getByText('Maybe you meant').waitFor();
      await expectEventually(() => textOf(page.locator('.cm-lintRange-error')), 'serice');
    },
  },
];
