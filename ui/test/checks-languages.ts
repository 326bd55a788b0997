/** What must hold of TraceQL and LogQL in the query fields of the pages of traces and logs. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

const rows = (page: Page) => page.locator('.table tbody tr[data-key]');
const field = (page: Page) => page.getByRole('combobox', { name: 'Query' });

/** Types a query as a person does, and asks it. */
async function ask(page: Page, query: string): Promise<void> {
  await field(page).fill(query);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
}

export const LANGUAGE_CHECKS: readonly Check[] = [
  {
    name: 'TraceQL in the query field of traces is coloured, completed, judged, and finds',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces');
      await expectEventually(async () => (await rows(page).count()) > 5, true);
      await field(page).focus();
      await page.keyboard.type('{ sta');
      await page.getByRole('option', { name: 'status=error' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      assert.equal(await field(page).inputValue(), '{ status=error');
      await page.keyboard.type(' && resource.service.name="');
      await expectEventually(async () => (await page.getByRole('option').count()) > 0, true);
      await page.getByRole('option', { name: /^"orders"/ }).click();
      await page.keyboard.type('}');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      await expectEventually(() => searchOf(page).get('q'), '{ status=error && resource.service.name="orders" }');
      // The rows of before stay until the answer is there; then there are traces with failed spans alone.
      await expectEventually(async () => {
        const errors = await page.locator('.table tbody tr[data-key] td:nth-child(5)').allInnerTexts();
        return errors.length > 0 && errors.every((count) => Number(count.replaceAll(',', '')) > 0);
      }, true);
      assert.ok((await page.locator('.query-backdrop .q-key').count()) >= 2, 'fields are coloured');
      await ask(page, '{ status=error && }');
      await page.locator('.query-error').waitFor();
      assert.match(await textOf(page.locator('.query-error')), /unexpected/);
      assert.equal(searchOf(page).get('q'), '{ status=error && resource.service.name="orders" }', 'is not asked');
    },
  },
  {
    name: 'a search in TraceQL has groups, a heatmap and what differs; a structural one says what they are of',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open(`/traces?q=${encodeURIComponent('{ status = error }')}&group=http.route`);
      await page.getByText(/groups? of/).waitFor();
      await open(`/traces?q=${encodeURIComponent('{ status = error }')}&plot=heatmap&sel=kind=server`);
      await page.locator('[aria-label*="matching spans by time and duration"]').waitFor();
      await page
        .getByRole('region', { name: 'What differs' })
        .getByText(/beside/)
        .waitFor();
      await page.getByRole('button', { name: 'Narrow to it' }).click();
      await expectEventually(() => searchOf(page).get('q'), '{ status = error } | { kind = server }');
      await open(`/traces?q=${encodeURIComponent('{ kind = server } >> { status = error }')}`);
      await expectEventually(async () => (await rows(page).count()) > 0, true);
      await open(`/traces?q=${encodeURIComponent('{ .no.such = 1 }')}`);
      await page.locator('#page').getByText('No trace matches').waitFor();
      await page.getByRole('list', { name: 'Conditions' }).getByText('{ .no.such = 1 }').waitFor();
    },
  },
  {
    name: 'TraceQL that makes series is a chart, with traces behind its marks',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces');
      await ask(page, '{ kind = server } | rate() by (resource.service.name)');
      await page.locator('.chart canvas').first().waitFor();
      await expectEventually(async () => (await page.locator('.legend-row').count()) > 1, true);
      assert.equal(await rows(page).count(), 0, 'no list beside it');
      await page.getByText(/squares are traces/).waitFor();
    },
  },
  {
    name: 'LogQL in the query field of logs is completed, judged, finds lines, and draws series',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/logs');
      await page.locator('.log-row').first().waitFor();
      await field(page).focus();
      await page.keyboard.type('{service');
      await page.getByRole('option', { name: 'service_name=' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.keyboard.type('"');
      await page.getByRole('option', { name: /^"orders"/ }).click();
      await page.keyboard.type('} | detected_level="debug"');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      await expectEventually(() => searchOf(page).get('q'), '{service_name="orders"} | detected_level="debug"');
      await page.locator('.log-row').first().waitFor();
      await expectEventually(
        async () => (await page.locator('.log-row').allInnerTexts()).every((line) => line.includes('orders')),
        true,
      );
      await ask(page, '{service_name="orders"} |= ');
      await page.locator('.query-error').waitFor();
      await ask(page, 'sum by (detected_level) (count_over_time({service_name="orders"} [1m]))');
      await page.locator('.chart canvas').first().waitFor();
      await expectEventually(async () => (await page.locator('.legend-row').count()) > 0, true);
      assert.equal(await page.locator('.log-row').count(), 0, 'no lines beside it');
      for (const name of ['Fields', 'Patterns', 'Wrap long lines'])
        assert.equal(await page.getByRole('button', { name }).count(), 0, `${name} acts on lines`);
      assert.equal(await page.getByRole('link', { name: 'Export' }).count(), 0, 'there are no lines to export');
    },
  },
];
