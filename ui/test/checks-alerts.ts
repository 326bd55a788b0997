/** What must hold of alerts, and of links to them from elsewhere. */
import assert from 'node:assert/strict';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

export const ALERT_CHECKS: readonly Check[] = [
  {
    name: 'alerts: what fires comes first, rules say how they are, an expression opens in PromQL',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/services');
      await page.keyboard.press('g');
      await page.keyboard.press('a');
      await expectEventually(() => new URL(page.url()).pathname, '/alerts');
      await page.getByText('1 firing').waitFor();
      await page.getByText('1 pending').waitFor();
      await page.locator('.alert-active .legend-row').first().waitFor();
      assert.deepEqual(await page.locator('.alert-rule .alert-name').allTextContents(), [
        'HighErrorRate',
        'NeverLooked',
        'DiskFull',
        'HostDown',
        'job:up:sum',
      ]);
      const rows = page.getByRole('list', { name: 'Alerts of HighErrorRate' }).getByRole('listitem');
      assert.match(await textOf(rows.first()), /firing.*payments fail.*severity=page.*since 15 min ago, value 0\.0813/);
      await page.getByRole('img', { name: /^Alerts over time: HighErrorRate service_name=payments/ }).waitFor();
      assert.match(
        await textOf(page.locator('.alert-rule', { hasText: 'DiskFull' })),
        /failing.*found duplicate series/,
      );
      assert.match(await textOf(page.locator('.alert-rule', { hasText: 'NeverLooked' })), /not evaluated yet/);
      const silences = page.getByRole('region', { name: 'Silences' });
      assert.match(await textOf(silences), /without 1 that ended.*alertname="HostDown".*instance=~"a\|b".*by ana/);
      await page.locator('.alert-query', { hasText: 'up == 0' }).click();
      await expectEventually(() => searchOf(page).get('a'), 'up == 0');
      await page.getByRole('textbox', { name: 'Query A in PromQL' }).waitFor();
    },
  },
  {
    name: 'alerts: a silence says what it hides before it is made, and can be ended; a test notification says to whom it goes',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/alerts?live=0');
      await page.getByRole('button', { name: 'Silence', exact: true }).first().click();
      const form = page.getByRole('form', { name: 'New silence' });
      await form.getByText('It hides 1 alert of 2:').waitFor();
      await form.getByRole('button', { name: 'Remove service_name' }).click();
      await form.getByText('It hides 2 alerts of 2:').waitFor();
      await form.getByLabel('Operator').first().selectOption('!~');
      await form.getByText('It hides nothing that is active now.').waitFor();
      await form.getByLabel('Operator').first().selectOption('=');
      assert.equal(await form.getByRole('button', { name: 'Silence', exact: true }).isDisabled(), true);
      await form.getByLabel('By').fill('eve');
      await form.getByLabel('Why').fill('known <script>');
      await form.getByRole('button', { name: 'Silence', exact: true }).click();
      const silences = page.getByRole('region', { name: 'Silences' });
      await silences.getByText('known <script>').waitFor();
      await page.locator('.alert-active .alert-state', { hasText: 'silenced' }).first().waitFor();
      await silences.getByRole('button', { name: 'End it' }).first().click();
      await expectEventually(() => silences.getByText('known <script>').count(), 0);
      await page.getByRole('button', { name: 'Send a test notification' }).click();
      await page.getByRole('button', { name: 'Send TestNotification' }).click();
      await page.getByText('taken: goes to on-call').waitFor();
    },
  },
  {
    name: 'alerts: the page of a rule says why it fires; a chart becomes a rule whose YAML is written',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/alerts?live=0');
      await page.locator('.alert-rule').getByRole('link', { name: 'HighErrorRate' }).click();
      await expectEventually(() => searchOf(page).get('in'), 'shop');
      const why = page.getByRole('region', { name: 'Why' });
      assert.match(await textOf(why.getByRole('row').nth(1)), /service_name=payments.*> 0\.02firing: true for 15 min/);
      assert.match(
        await textOf(page.getByRole('list', { name: 'The expression in words' })),
        /how fast a counter grew in the range/,
      );
      await open(
        `/metrics?live=0&a=${encodeURIComponent('sum(rate(http_server_request_duration_seconds_count[5m]))')}`,
      );
      await page.getByRole('link', { name: 'New rule' }).click();
      const form = page.getByRole('form', { name: 'New rule' });
      await form.getByText('the alert has no name').waitFor();
      await form.getByLabel('Limit').fill('250');
      await form.getByLabel('Alert', { exact: true }).fill('TooBusy');
      await form.getByLabel('Summary').fill('{{ $value }}: too "much"');
      const yaml = await textOf(form.getByLabel('YAML of the rule'));
      assert.match(yaml, /- alert: TooBusy\n {8}expr: \|\n {10}sum\(rate\(.*\) > 250\n {8}for: 5m/);
      assert.match(yaml, /summary: "\{\{ \$value \}\}: too \\"much\\""/);
      await form.locator('.legend-row').first().waitFor();
    },
  },
  {
    name: 'alerts: a rule that only the server evaluates shows its queries and its alerts, and no chart of them',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.route('**/prometheus/api/v1/rules', async (route) => {
        const answer = (await (await route.fetch()).json()) as { data: { groups: { rules: object[] }[] } };
        const [rule] = answer.data.groups[1]!.rules.filter(({ name }: { name?: string }) => name === 'HighErrorRate');
        const query = 'A: up over 600s, every 15s\nB: last of A\nC (condition): $B > 5 ** 2 && is_number($A)';
        answer.data.groups[1]!.rules.push({ ...rule, name: 'OfGrafana', query });
        await route.fulfill({ json: answer });
      });
      await open('/alerts?rule=OfGrafana&in=shop&live=0');
      const alerts = page.getByRole('table', { name: 'Alerts of the rule now' });
      await expectEventually(() => alerts.locator('tbody tr').count(), 2);
      assert.match(await textOf(alerts.locator('tbody tr').first()), /payments.*firing: true for/);
      const expression = page.getByRole('region', { name: 'Expression' });
      assert.match(await textOf(expression), /B: last of A/);
      assert.equal(await expression.getByRole('link').count(), 0);
      assert.deepEqual(await page.locator('.alert-page .error-text').allTextContents(), []);
    },
  },
  {
    name: 'alerts: without an Alertmanager the page says so, without rules it says how to give some',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.route('**/alertmanager/api/v2/silences', (route) => route.fulfill({ status: 404, body: '{}' }));
      await page.route('**/prometheus/api/v1/rules', (route) =>
        route.fulfill({ json: { status: 'success', data: { groups: [] } } }),
      );
      await open('/alerts');
      await page.locator('.state-title', { hasText: 'There are no rules yet' }).waitFor();
      await page.getByText('This server has no Alertmanager of its own').waitFor();
    },
  },
  {
    name: 'alerts: links of Prometheus and Alertmanager lead to what they mean',
    run: async ({ page, open }) => {
      await open(`/graph?g0.expr=${encodeURIComponent('vector(41) + 1')}&g0.tab=1`);
      const table = page.getByRole('table', { name: 'Values at one moment' });
      await expectEventually(() => textOf(table.locator('tbody tr[data-key] td').last()), '42');
      assert.equal(new URL(page.url()).pathname, '/metrics');
      assert.equal([...searchOf(page).keys()].join(), 'a,promql,view,range');
      await open('/#/alerts?receiver=team');
      await page.getByRole('heading', { name: 'Alerts' }).waitFor();
      assert.equal(new URL(page.url()).pathname, '/alerts');
    },
  },
  {
    name: 'alerts: on a phone nothing is wider than the screen, the rail neither',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.setViewportSize({ width: 390, height: 800 });
      await open('/alerts');
      await page.getByText('1 firing').waitFor();
      const wider = await page.evaluate(() =>
        ['.rail', '.page-scroll'].map((part) => {
          const { scrollWidth, clientWidth } = document.querySelector(part)!;
          return scrollWidth - clientWidth;
        }),
      );
      assert.deepEqual(wider, [0, 0]);
    },
  },
];
