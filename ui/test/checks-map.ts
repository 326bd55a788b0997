/** The map of services. */
import assert from 'node:assert/strict';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

export const MAP_CHECKS: readonly Check[] = [
  {
    name: 'the map draws services and what they use, and a click on one shows its figures and leads to its traces',
    run: async ({ page, open, facts }) => {
      await open('/map');
      const node = page.locator(`[data-node="service:${facts.service}"]`);
      await node.waitFor();
      assert.ok((await page.locator('.graph .edge').count()) > 1, 'there are lines');
      assert.match(await textOf(page.locator('.graph .edge-label').first()), /\/s|\/min/);
      await node.click();
      const detail = page.getByRole('complementary', { name: 'Detail' });
      await detail.getByRole('rowheader', { name: 'p95' }).waitFor();
      assert.equal(searchOf(page).get('at'), `service:${facts.service}`);
      // What it is joined with is reached from here, and leads to the traces of those calls.
      await detail.locator('.fact-list button').first().click();
      await expectEventually(() => searchOf(page).get('at')?.includes(' → '), true);
      assert.match((await detail.getByRole('link', { name: 'Traces' }).getAttribute('href')) ?? '', /^\/traces\?.*q=/);
      assert.match(
        (await detail.getByRole('link', { name: 'Metrics' }).getAttribute('href')) ?? '',
        /traces_service_graph_request_total/,
      );
      await page.reload();
      await page.getByRole('complementary', { name: 'Detail' }).getByText('calls', { exact: true }).waitFor();
    },
  },
  {
    name: 'the map is reached by its keys, walked with j, and opened with Enter',
    run: async ({ page, open }) => {
      await open('/services');
      await page.keyboard.press('g');
      await page.keyboard.press('p');
      await page.locator('.node-choice').first().waitFor();
      await page.keyboard.press('j');
      await page.locator('.node.chosen').waitFor();
      await page.keyboard.press('Escape');
      await expectEventually(() => page.locator('.node.chosen').count(), 0);
      await page.locator('.node-choice[data-node^="service:"]').first().focus();
      await page.keyboard.press('Enter');
      await page.locator('.node.chosen').waitFor();
      await page.keyboard.press('Escape');
      await page
        .locator('[data-node^="service:"]')
        .first()
        .evaluate((node) => (node as unknown as HTMLElement).blur());
      while (!(searchOf(page).get('at') ?? '').startsWith('service:')) {
        const before = searchOf(page).get('at');
        await page.keyboard.press('j');
        await expectEventually(() => searchOf(page).get('at') !== before, true);
      }
      await page.keyboard.press('Enter');
      await expectEventually(() => new URL(page.url()).pathname.startsWith('/services/'), true);
    },
  },
  {
    name: 'the map compares with an hour ago, says what changed, and the address has it',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/map');
      await page.getByTitle('against: nothing').click();
      await page.getByText('an hour ago').click();
      await expectEventually(() => searchOf(page).get('against'), '1h');
      await page.locator('.node-choice[data-node="service:web-gateway"]').click();
      await page.locator('.fact-list button').first().click();
      await page.getByRole('columnheader', { name: 'an hour ago' }).waitFor();
      await page.getByRole('region', { name: 'Changes' }).getByRole('listitem').first().waitFor();
    },
  },
  {
    name: 'a map of a hundred services draws those that matter, says so, and a filter draws the others',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/map?env=many');
      await page.locator('.node-choice').first().waitFor();
      assert.equal(await page.locator('.node-choice').count(), 60);
      await page.getByText(/50 nodes not drawn/).waitFor();
      await page.getByText(/still being counted/).waitFor();
      await page.getByLabel('Filter nodes').fill('service-99');
      await expectEventually(
        () =>
          page
            .locator('.node-choice')
            .count()
            .then((count) => count > 0 && count < 10),
        true,
      );
      await page.locator('[data-node="service:service-99"]').waitFor();
      await expectEventually(() => searchOf(page).get('filter'), 'service-99');
    },
  },
  {
    name: 'on a phone the map is a table, sorted by failures, and can be a drawing',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open('/map?env=many');
      const table = page.getByRole('table', { name: 'Connections' });
      await table.getByText('8.0%').first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      await page.getByRole('button', { name: 'Drawing' }).click();
      await page.locator('.node-choice').first().waitFor();
      assert.equal(searchOf(page).get('plot'), 'graph');
    },
  },
];
