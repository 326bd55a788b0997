/** Live taps and the playground for OTTL. */
import assert from 'node:assert/strict';
import { type Check, expectEventually, searchOf, textOf } from './check.ts';

export const TAP_CHECKS: readonly Check[] = [
  {
    name: 'a live tap shows what a component changed, with what is redacted masked, until it is stopped',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/system');
      await page.getByRole('link', { name: 'Live tap' }).click();
      await page.getByText('Choose a component above').waitFor();
      await page
        .getByRole('group', { name: 'Pipeline logs' })
        .getByRole('button', { name: 'attributes/redact' })
        .click();
      await expectEventually(() => searchOf(page).get('at'), 'logs/processors/attributes/redact');
      const rows = page.getByRole('listbox', { name: 'Items' }).getByRole('option');
      await expectEventually(async () => (await rows.count()) > 3, true);
      const detail = page.getByRole('region', { name: 'The item' });
      const first = detail.getByRole('row').first();
      await expectEventually(() => textOf(first), '~attributes["card.number"]●●● → ****');
      await detail.getByText('2 values masked').waitFor();
      await page.getByText(/\d+ in, \d+ out/).waitFor();
      assert.doesNotMatch(await page.locator('body').innerText(), /\bNaN\b|\bundefined\b|\bInvalid\b|\[object/);
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped.').waitFor();
      const chosen = page.getByRole('option', { selected: true });
      const words = await textOf(chosen);
      await page.getByRole('listbox', { name: 'Items' }).press('ArrowUp');
      await expectEventually(async () => (await textOf(chosen)) !== words, true);
      const count = await rows.count();
      await page.waitForTimeout(400);
      assert.equal(await rows.count(), count, 'nothing comes after the stop');
      await page.getByRole('button', { name: 'Look again' }).click();
      await page.getByRole('button', { name: 'Stop' }).waitFor();
    },
  },
  {
    name: 'a live tap names what is left out, what is held and what is not there',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/tap?at=traces/processors/tail_sampling');
      await page.getByRole('button', { name: 'Left out', exact: true }).click();
      const rows = page.getByRole('listbox', { name: 'Items' }).getByRole('option');
      await expectEventually(async () => (await rows.count()) > 1, true);
      assert.match(await textOf(rows.first()), /left out/);
      await page.getByRole('region', { name: 'The item' }).getByText('left out: not_sampled').waitFor();
      await open('/tap?at=traces/processors/batch');
      await page.getByText('12 items came in and are held').waitFor();
      await open('/tap?at=traces/processors/nothing');
      await page.locator('#page').getByText('no component traces/processors/nothing').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Look again' }).count(), 1);
    },
  },
  {
    name: 'the playground shows what statements do to a sample, and a mistake under its characters',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/ottl');
      const result = page.getByRole('region', { name: 'Result' });
      await result.getByText('1 of 1 item changed').waitFor();
      await expectEventually(
        () => textOf(result.getByRole('row').first()),
        '~attributes["url.full"]https://shop.example/cart?token=s3cret&n=1 → https://shop.example/cart?token=***&n=1',
      );
      const statements = page.getByRole('textbox', { name: 'Statements' });
      await statements.fill('set(span.atributes["a"], "b")');
      await page.getByText('line 1, column 5: there is no path "span.atributes"').waitFor();
      assert.equal(await textOf(page.locator('.ottl-backdrop .q-error')), 'span.atributes');
      await result.getByText('of the last statements without a mistake').waitFor();
      await statements.fill('');
      await statements.pressSequentially('se');
      await page.keyboard.press('Tab');
      await statements.pressSequentially('span.attributes["team"], "a")');
      assert.equal(await statements.inputValue(), 'set(span.attributes["team"], "a")');
      await expectEventually(() => textOf(result.getByRole('row').first()), '+attributes["team"]a');
      await page.getByRole('heading', { name: 'Result' }).click();
      await expectEventually(() => searchOf(page).get('q'), 'set(span.attributes["team"], "a")');
    },
  },
  {
    name: 'an item of a tap is a sample of the playground',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/tap?at=logs/processors/attributes/redact');
      await page.getByRole('button', { name: 'Try OTTL' }).click();
      await expectEventually(() => new URL(page.url()).pathname, '/ottl');
      await page.getByText('as it left logs/processors/attributes/redact').waitFor();
      await page.getByRole('region', { name: 'Result' }).getByText('attributes["http.route"]').waitFor();
      await page.getByRole('button', { name: 'Log', exact: true }).click();
      assert.match(await page.getByRole('textbox', { name: 'Sample' }).inputValue(), /resourceLogs/);
    },
  },
];
