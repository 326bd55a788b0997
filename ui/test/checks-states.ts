/** What must hold where there is little to see, and for those who hear the page: empty lists, and what is announced. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

const announced = (page: Page): Promise<string> => textOf(page.getByTestId('announcer'));

/** Keeps everything that the live region says from now on. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.getByTestId('announcer').evaluate((region) => {
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, {
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said);
}

export const STATE_CHECKS: readonly Check[] = [
  {
    name: 'what a page asks besides its list, and does not get, is said, and asked again by a click',
    needs: 'mock',
    run: async ({ page, open, facts }) => {
      const asked = [
        ['/traces?live=0', '/api/console/traces/histogram'],
        ['/traces?live=0&plot=heatmap', '/api/console/traces/heatmap'],
        ['/logs?live=0', '/api/console/logs/histogram'],
        ['/explore?live=0', '/api/console/traces/histogram'],
        ['/explore?live=0', '/api/console/logs/histogram'],
        [`/traces/${facts.traceId}?live=0`, `/api/console/traces/${facts.traceId}/logs`],
      ] as const;
      for (const [path, api] of asked) {
        const isAsked = (url: URL): boolean => url.pathname === api;
        const json = { error: { code: 'internal', message: 'broken on purpose' } };
        await page.route(isAsked, (route) => route.fulfill({ status: 500, json }));
        await open(path);
        const banner = page.locator('.banner-error', { hasText: 'broken on purpose' });
        await banner.waitFor();
        await page.unroute(isAsked);
        await banner.getByRole('button', { name: 'Try again' }).click();
        await expectEventually(() => banner.count(), 0);
      }
    },
  },
  {
    name: 'an empty list of traces says which condition excludes everything, and a click on what was meant mends it',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/traces?live=0&q=status=error%20service=zahlung');
      const reasons = page.getByRole('list', { name: 'Conditions' }).getByRole('listitem');
      await page.getByText(/^None of .* meets “service=zahlung”/).waitFor();
      assert.equal(await reasons.count(), 2);
      await reasons.nth(1).getByText('no span').waitFor();
      await reasons
        .nth(1)
        .getByRole('button', { name: /^without it/ })
        .click();
      await expectEventually(() => searchOf(page).get('q'), 'status=error');
      await expectEventually(async () => (await page.locator('.table tbody tr[data-key]').count()) > 0, true);
      await open('/traces?live=0&q=status=error%20service=pxyments');
      await page.getByText('did you mean').waitFor();
      await page.getByRole('button', { name: /^p/ }).first().click();
      await expectEventually(() => /^status=error service=p(?!x)/.test(searchOf(page).get('q') ?? ''), true);
    },
  },
  {
    name: 'an empty list of logs offers the service that was meant',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/logs?live=0&service=cxrt');
      await page.getByText('“service cxrt”').waitFor();
      await page.getByRole('listitem').getByRole('button', { name: /^c/ }).first().click();
      await expectEventually(() => /^c(?!x)/.test(searchOf(page).get('service') ?? ''), true);
      await expectEventually(async () => (await page.locator('.log-row').count()) > 0, true);
    },
  },
  {
    name: 'a pasted line of a log is searched as text; a slip beside a condition is refused',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/logs?live=0');
      const field = page.getByRole('combobox', { name: 'Query' });
      await field.fill('error: connection not found and closed');
      await field.press('Enter');
      await expectEventually(() => searchOf(page).get('q'), 'error: connection not found and closed');
      await field.fill('severity=error and timeout');
      await field.press('Enter');
      await page.locator('.query-error').getByText('`and` is written in capitals').waitFor();
    },
  },
  {
    name: 'live region: counts of results, empty results and errors are announced politely, each once',
    needs: 'mock',
    run: async ({ page, open, mock }) => {
      await open('/traces?live=0');
      const region = page.getByTestId('announcer');
      assert.equal(await region.getAttribute('aria-live'), 'polite');
      await expectEventually(async () => /^[\d,]+( of [\d,]+)? traces$/.test(await announced(page)), true);
      const said = await listen(page);
      await page.getByRole('button', { name: 'Failed' }).click();
      await expectEventually(async () => (await said()).length, 1);
      assert.match((await said())[0]!, /traces$/);
      await page.getByRole('combobox', { name: 'Query' }).fill('service=nobody');
      await page.getByRole('combobox', { name: 'Query' }).press('Enter');
      await expectEventually(() => announced(page), 'No trace matches');
      mock!.breakStore(true);
      try {
        await open('/services?live=0');
        await expectEventually(async () => /does not answer/.test(await announced(page)), true);
      } finally {
        mock!.breakStore(false);
      }
      assert.equal(await page.getByRole('alert').count(), 0, 'nothing interrupts');
    },
  },
  {
    name: 'a page whose code the server does not give leaves the console in place, and comes when the server is back',
    needs: 'mock',
    run: async ({ page: first, baseUrl }) => {
      // The browser logs what fails here, which is no problem of the page.
      const page = await first.context().newPage();
      await page.route(/\/assets\/ottl-/, (route) => route.abort());
      await page.goto(`${baseUrl}/services?live=0`);
      await page.locator('.table tbody tr[data-key]').first().waitFor();
      await page.route(`${baseUrl}/`, (route) => route.abort());
      await page.evaluate(() => {
        history.pushState({}, '', '/ottl');
        dispatchEvent(new PopStateEvent('popstate'));
      });
      await page.locator('#page').getByText('which does not answer').waitFor();
      await page.getByRole('button', { name: 'Load again' }).click();
      await page.getByText('The server does not answer yet').waitFor();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.getByRole('button', { name: 'Load again' }).click();
      await page.locator('.item-fields').waitFor();
    },
  },
  {
    name: 'live region: a live page does not chatter',
    needs: 'mock',
    run: async ({ page, open }) => {
      for (const path of ['/traces', '/services', '/logs']) {
        await open(path);
        await expectEventually(async () => (await announced(page)) !== '', true);
        const said = await listen(page);
        const refreshed = page.waitForResponse((response) =>
          /api\/console\/(traces|services|logs)\?/.test(response.url()),
        );
        await refreshed;
        await page.waitForLoadState('networkidle');
        await page.waitForResponse((response) => /api\/console\/(traces|services|logs)\?/.test(response.url()));
        await page.waitForLoadState('networkidle');
        assert.deepEqual(await said(), [], path);
      }
    },
  },
];
