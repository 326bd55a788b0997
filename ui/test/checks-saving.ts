/** What must hold of dashboards that are saved in the console: their versions, and whoever else saves them. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { type Check, expectEventually, textOf } from './check.ts';

function toolsOf(page: Page): Locator {
  return page.getByRole('toolbar', { name: 'Changes of the dashboard' });
}

/** Opens a dashboard's editor and gives its only panel another title. */
async function retitle(page: Page, from: string, to: string): Promise<void> {
  const panel = page.getByRole('region', { name: from, exact: true });
  await panel.waitFor();
  const edit = page.getByRole('button', { name: 'Edit', exact: true }).first();
  if (!(await toolsOf(page).isVisible())) await edit.click();
  await panel.getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('complementary', { name: 'Panel' });
  await editor.getByLabel('Title').fill(to);
  await page.getByRole('region', { name: to, exact: true }).waitFor();
  await editor.getByRole('button', { name: 'Close the panel' }).click();
}

const form = (page: Page): Locator => page.getByRole('region', { name: 'Save the dashboard' });

export const SAVING_CHECKS: readonly Check[] = [
  {
    name: 'dashboards: ctrl+s saves with a message; what the console does not know survives; a version is compared and restored',
    needs: 'mock',
    run: async ({ page, open, mock }) => {
      const { versions: before } = mock!.shelf.get(['mine', 'versions']) as { versions: readonly object[] };
      await open('/dashboards/mine?live=0');
      await retitle(page, 'Answer', 'The answer');
      await page.keyboard.press('ControlOrMeta+s');
      await form(page).getByLabel('What changed').fill('a better title');
      await page.keyboard.press('ControlOrMeta+s');
      await form(page).waitFor({ state: 'detached' });
      await expectEventually(() => page.getByText('changed here').count(), 0);
      const { text } = mock!.shelf.get(['mine']) as { text: string };
      const saved = JSON.parse(text) as { ofSomebodyElse: unknown; panels: Record<string, unknown>[] };
      assert.deepEqual(saved.ofSomebodyElse, { kept: [1, 2, 3] });
      assert.equal(saved.panels[0]!.ofAPlugIn, 'kept');
      assert.match(JSON.stringify(saved.panels[0]!.targets), /"ofADataSource":\{"kept":true\}/);
      await toolsOf(page).getByRole('button', { name: 'Versions' }).click();
      const versions = page.getByRole('region', { name: 'Versions of the dashboard' });
      await expectEventually(() => versions.locator('tbody tr').count(), before.length + 1);
      assert.match(await textOf(versions.locator('tbody tr').first()), /a better title.*ada.*now/);
      await versions.locator('.diff-added', { hasText: 'The answer' }).waitFor();
      await versions.getByRole('radio', { name: /^From/ }).last().check();
      await versions.locator('.diff-removed', { hasText: 'Question' }).waitFor();
      await versions.getByRole('button', { name: 'Restore' }).first().click();
      await page.getByRole('region', { name: 'Answer', exact: true }).waitFor();
      await expectEventually(() => versions.locator('tbody tr').count(), before.length + 2);
      assert.match(await textOf(versions.locator('tbody tr').first()), /restored from/);
    },
  },
  {
    name: 'dashboards: who saves what somebody saved meanwhile sees what they did, and may keep theirs',
    needs: 'mock',
    run: async ({ page, open, mock }) => {
      await open('/dashboards/mine?live=0');
      await retitle(page, 'Answer', 'My answer');
      const { text } = mock!.shelf.get(['mine']) as { text: string };
      const theirs = JSON.stringify({ ...(JSON.parse(text) as object), description: 'of somebody else' });
      mock!.shelf.save(JSON.stringify({ text: theirs, message: 'said what it is' }));
      await page.keyboard.press('ControlOrMeta+s');
      await form(page).getByRole('button', { name: 'Save', exact: true }).click();
      const note = page.getByRole('region', { name: 'Saved meanwhile' });
      await expectEventually(
        async () => /ada saved this dashboard at .*: said what it is/.test(await textOf(note)),
        true,
      );
      await note.getByRole('button', { name: 'What they changed' }).click();
      await note.locator('.diff-added', { hasText: 'of somebody else' }).waitFor();
      await note.getByRole('button', { name: 'Keep mine' }).click();
      await note.waitFor({ state: 'detached' });
      await form(page).getByRole('button', { name: 'Save', exact: true }).click();
      await form(page).waitFor({ state: 'detached' });
      assert.match((mock!.shelf.get(['mine']) as { text: string }).text, /My answer/);
      // As the other checks find it.
      mock!.shelf.save(JSON.stringify({ text, message: 'back' }));
    },
  },
  {
    name: 'dashboards: one of a file can’t be overwritten but copied; leaving with changes asks, and a copy is a dashboard of its own',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/dashboards/short?live=0');
      await retitle(page, 'Share by Service', 'Shares');
      await page.getByRole('link', { name: 'Traces' }).first().click();
      const question = page.getByRole('dialog', { name: 'Changes that are not saved' });
      await question.getByRole('button', { name: 'Stay' }).click();
      assert.equal(new URL(page.url()).pathname, '/dashboards/short');
      await page.getByRole('link', { name: 'Traces' }).first().click();
      await question.getByRole('button', { name: 'Save…' }).click();
      assert.match(await textOf(form(page)), /comes from the file short\.json.*can’t be overwritten/);
      const title = form(page).getByLabel('Title of the copy');
      assert.equal(await title.inputValue(), 'short copy');
      await title.fill('kinds');
      await form(page).getByRole('button', { name: 'Save as a copy' }).click();
      await form(page)
        .getByRole('alert')
        .getByText(/uid kinds already/)
        .waitFor();
      await title.fill('My own');
      await form(page).getByRole('button', { name: 'Save as a copy' }).click();
      await expectEventually(() => new URL(page.url()).pathname, '/dashboards/my-own');
      await page.getByRole('region', { name: 'Shares', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
      await toolsOf(page).getByRole('button', { name: 'Versions' }).click();
      await page.getByRole('button', { name: 'Remove what was saved' }).click();
      await page.getByRole('button', { name: 'Remove all versions' }).click();
      await page.getByRole('table', { name: 'Dashboards' }).waitFor();
      await expectEventually(() => page.getByRole('link', { name: 'My own', exact: true }).count(), 0);
      await page.getByRole('link', { name: 'short', exact: true }).click();
      await page.getByRole('region', { name: 'Share by Service', exact: true }).waitFor();
    },
  },
  {
    name: 'dashboards: a server that may only read its store says so',
    needs: 'mock',
    run: async ({ page, open, mock }) => {
      mock!.shelf.refuse('this server may only read its store, so it keeps no dashboards');
      try {
        await open('/dashboards/mine?live=0');
        await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
        await toolsOf(page).getByRole('button', { name: 'Save' }).click();
        await form(page)
          .getByText(/may only read its store/)
          .waitFor();
        assert.equal(await form(page).getByRole('textbox').count(), 0);
      } finally {
        mock!.shelf.refuse(undefined);
      }
    },
  },
];
