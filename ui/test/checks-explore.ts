/** Two searches side by side, saved searches, and rules of searches. */
import assert from 'node:assert/strict';
import { type Check, dragAcross, expectEventually, pressUntil, searchOf } from './check.ts';

const side = (name: 'one' | 'two'): string => `[data-side="${name}"]`;

export const EXPLORE_CHECKS: readonly Check[] = [
  {
    name: 'explore shows traces and logs on one time axis, with one crosshair, and a drag on either zooms both',
    run: async ({ page, open }) => {
      await open('/explore?range=1h&live=0');
      const charts = page.locator('.pane .plots canvas');
      await page
        .locator(`${side('one')} .table tbody tr[data-key]`)
        .first()
        .waitFor();
      await page
        .locator(`${side('two')} .log-row`)
        .first()
        .waitFor();
      await expectEventually(() => charts.count().then((count) => count >= 2), true);
      await dragAcross(page, page.locator(`${side('one')} .plots`).first(), [0.4, 0.5], [0.6, 0.5]);
      await expectEventually(() => searchOf(page).get('from') !== null, true);
      const [from, to] = ['from', 'to'].map((name) => Number(searchOf(page).get(name)));
      assert.ok(to! - from! < 30 * 60_000, 'the range is what was dragged over');
      await page.goBack();
      await expectEventually(() => searchOf(page).get('range'), '1h');
    },
  },
  {
    name: 'what is asked in explore is in the address, and a link restores it',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open(
        '/explore?one=logs&one.q=service%3Dorders&two=metrics&two.q=sum(rate(http_server_request_duration_seconds_count[5m]))&stacked=1',
      );
      await page.getByRole('region', { name: 'Logs, first' }).locator('.log-row').first().waitFor();
      await page.getByRole('region', { name: 'Metrics, second' }).locator('.legend-row').first().waitFor();
      await page.locator('.explore.stacked').waitFor();
      await expectEventually(
        () => page.getByRole('region', { name: 'Logs, first' }).getByRole('combobox').inputValue(),
        'service=orders',
      );
      // Another kind asks for the same service.
      await page
        .getByRole('group', { name: 'What the second one shows' })
        .getByRole('button', { name: 'Traces' })
        .click();
      await expectEventually(() => searchOf(page).get('two.q'), 'service=orders');
      await page.getByRole('group', { name: 'What the second one shows' }).getByRole('button', { name: 'SQL' }).click();
      await expectEventually(() => searchOf(page).get('two.q')?.includes('$__timeFilter(time)'), true);
      await page.getByRole('region', { name: 'SQL, second' }).getByRole('table', { name: 'Rows' }).waitFor();
      // x changes places, 1 goes to the first field.
      await page.keyboard.press('Escape');
      await page.locator('#page').focus();
      await page.keyboard.press('x');
      await expectEventually(() => searchOf(page).get('one'), 'sql');
      await page.keyboard.press('2');
      await expectEventually(
        () => page.evaluate(() => document.activeElement?.closest('[data-side]')?.getAttribute('data-side')),
        'two',
      );
    },
  },
  {
    name: 'each page leads to explore with its search, and something beside it',
    run: async ({ page, open }) => {
      await open('/traces?q=status%3Derror&min=1000000');
      await pressUntil(page, 'S', page.getByRole('region', { name: 'Beside this' }));
      await page.getByRole('region', { name: 'Beside this' }).getByRole('link', { name: 'Logs' }).click();
      await expectEventually(() => new URL(page.url()).pathname, '/explore');
      assert.equal(searchOf(page).get('one.q'), 'status=error duration>=1ms');
      await page.locator(`${side('one')} .table`).waitFor();
    },
  },
  {
    name: 'a search is saved under a name, found, opened, renamed and deleted',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/logs?q=severity%3Derror&range=3h');
      await pressUntil(page, 'S', page.getByLabel('Name of the search'));
      await page.getByLabel('Name of the search').fill('Errors of tonight');
      await page.keyboard.press('Enter');
      const list = page.getByRole('region', { name: 'Saved searches' });
      await list.getByRole('link', { name: 'Errors of tonight' }).waitFor();
      await page.getByLabel('Find a saved search').fill('severity tonight');
      await expectEventually(() => list.getByRole('listitem').count(), 1);
      await list.getByRole('button', { name: 'Rename Errors of tonight' }).click();
      await page.getByLabel('New name of Errors of tonight').fill('Errors tonight');
      await page.keyboard.press('Enter');
      await open('/services');
      await pressUntil(page, 'S', list);
      await list.getByRole('link', { name: 'Errors tonight' }).click();
      await expectEventually(() => new URL(page.url()).pathname, '/logs');
      assert.equal(searchOf(page).get('q'), 'severity=error');
      assert.equal(searchOf(page).get('range'), '3h');
      await expectEventually(() => list.count(), 0);
      await pressUntil(page, 'S', list);
      await list.getByRole('button', { name: 'Delete Errors tonight' }).click();
      await expectEventually(() => list.getByRole('link', { name: 'Errors tonight' }).count(), 0);
    },
  },
  {
    name: 'a rule is made of a search of logs in LogQL, and a search that can be none says why',
    run: async ({ page, open }) => {
      await open('/logs?q=severity%3E%3Derror');
      await pressUntil(page, 'S', page.getByRole('link', { name: 'New rule' }));
      await page.getByRole('link', { name: 'New rule' }).click();
      const form = page.getByRole('form', { name: 'New rule' });
      await form.getByText('--loki-rules').waitFor();
      await expectEventually(
        () => form.getByLabel('Expression').inputValue(),
        'sum by (service_name) (count_over_time({service_name=~".+"} | detected_level=~"error|fatal" [5m]))',
      );
      assert.equal(await form.getByLabel('Limit').inputValue(), '0');
      await open('/traces?q=http.route%3D%2Fapi%2Fcart');
      await pressUntil(page, 'S', page.getByText('have no label for http.route'));
      assert.equal(await page.getByRole('button', { name: 'New rule' }).getAttribute('aria-disabled'), 'true');
      await open('/traces?status=error');
      await pressUntil(page, 'S', page.getByRole('link', { name: 'New rule' }));
      await page.getByRole('link', { name: 'New rule' }).click();
      await expectEventually(() => searchOf(page).get('a')?.includes('STATUS_CODE_ERROR'), true);
    },
  },
];
