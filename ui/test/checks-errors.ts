/** The page of errors. */
import assert from 'node:assert/strict';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

export const ERROR_CHECKS: readonly Check[] = [
  {
    name: 'errors are reached by their keys, filtered, walked with j, and one of them shows its stack trace and leads to a trace',
    run: async ({ page, open }) => {
      await open('/services');
      await page.keyboard.press('g');
      await page.keyboard.press('x');
      // The page before has a table too, and what stands beside it.
      const note = page
        .locator('.toolbar-note')
        .filter({ hasText: /^[\d,]+ exceptions? of [\d,]+ kinds?, (none|\d+) new$/ });
      await note.waitFor();
      const rows = page.locator('.table tbody tr[data-key]');
      await rows.first().waitFor();
      const all = await rows.count();
      const title = await textOf(rows.first().locator('b').first());
      await page.keyboard.press('/');
      await page.keyboard.type(title);
      await expectEventually(() => searchOf(page).get('filter'), title);
      await expectEventually(async () => (await rows.count()) <= all, true);
      await page.keyboard.press('Enter');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      const detail = page.getByRole('complementary', { name: 'Error', exact: true });
      await detail.getByRole('rowheader', { name: 'First seen' }).waitFor();
      assert.equal(await textOf(detail.locator('h2')), title);
      assert.match(await textOf(detail.locator('.stack pre')), /\n/);
      // The address keeps what is open.
      await page.reload();
      await detail.locator('.fact-list a').first().click();
      await page.locator('.waterfall').waitFor();
      assert.match(page.url(), /\/traces\/[0-9a-f]{32}\?.*span=[0-9a-f]{16}/);
      await page.goBack();
      await detail.waitFor();
      await page.keyboard.press('Escape');
      await expectEventually(() => detail.count(), 0);
    },
  },
  {
    name: 'the traces of an error are found by its type and message, and its service page leads back to it',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/errors');
      const row = page.locator('.table tbody tr[data-key]').first();
      const service = await textOf(row.locator('td').nth(1));
      await row.click();
      const detail = page.getByRole('complementary', { name: 'Error', exact: true });
      const href = (await detail.getByRole('link', { name: 'Traces', exact: true }).getAttribute('href')) ?? '';
      const q = new URL(href, page.url()).searchParams.get('q') ?? '';
      assert.ok(q.includes(`resource.service.name = "${service}"`), q);
      assert.match(q, /event\.exception\.type = "/);
      await detail.getByRole('link', { name: 'Service', exact: true }).click();
      await page.locator('#page').getByRole('link', { name: 'Errors', exact: true }).click();
      await expectEventually(() => new URL(page.url()).pathname, '/errors');
      assert.equal(searchOf(page).get('service'), service);
      await expectEventually(
        async () => new Set(await page.locator('.table tbody tr[data-key] td:nth-child(2)').allInnerTexts()).size,
        1,
      );
    },
  },
  {
    name: 'errors: on a phone a message has the room of the columns, and the service stands in its cell',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open('/errors');
      const row = page.locator('.table tbody tr[data-key]').first();
      await row.locator('.error-service').waitFor();
      assert.equal(await page.getByRole('columnheader', { name: 'Service' }).count(), 0);
      const cell = (await row.locator('td').first().boundingBox())!;
      assert.ok(cell.width >= 280, `the message has ${cell.width} px`);
      await page.setViewportSize({ width: 1024, height: 768 });
      await page.getByRole('columnheader', { name: 'Service' }).waitFor();
      await row.locator('.error-service').waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'a service without exceptions says so, and shows those of all',
    run: async ({ page, open }) => {
      await open('/errors?service=nobody');
      await page.locator('#page').getByText('No exception of nobody in this range').waitFor();
      await page.getByRole('button', { name: 'Of all services' }).click();
      await page.locator('.table tbody tr[data-key]').first().waitFor();
    },
  },
];
