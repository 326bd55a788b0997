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
