/**
 * Words that no screen may show, whatever the address and whatever the store does: what JavaScript writes for a value that
 * is none. Text on canvases counts too.
 */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { SystemResponse } from '#api/types.ts';
import { type Check, dragAcross, expectEventually, type Facts, searchOf } from './check.ts';

const FORBIDDEN = /\bNaN\b|\bundefined\b|\bInvalid\b|\[object/;

function pagesOf(facts: Facts): readonly string[] {
  return [
    '/services',
    `/services/${encodeURIComponent(facts.service)}`,
    '/services/..%2F..%2Fx',
    '/services/~..',
    '/map',
    '/traces',
    `/traces/${facts.traceId}`,
    '/logs',
    '/errors',
    '/dashboards',
    '/dashboards/kinds',
    '/alerts',
    '/explore',
    '/sql',
    '/metrics',
    '/metrics?a=count({__name__%3D~".%2B"})',
    '/system',
    '/tap',
    '/ottl',
    '/send',
  ];
}

/** Runs in the page before its scripts: keeps what is drawn on canvases. */
function keepDrawnText(): void {
  const drawn: string[] = [];
  Object.assign(window, { drawnText: drawn });
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (...args: Parameters<typeof fillText>) {
    drawn.push(String(args[0]));
    fillText.apply(this, args);
  };
}

/** Everything that a person can read or have read to them. */
async function wordsOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const spoken = [...document.querySelectorAll('[title], [aria-label]')].flatMap((element) => [
      element.getAttribute('title') ?? '',
      element.getAttribute('aria-label') ?? '',
    ]);
    const { drawnText } = window as unknown as { drawnText: string[] };
    return [document.title, document.body.innerText, ...spoken, ...drawnText].join('\n');
  });
}

async function expectCleanWords(page: Page, what: string): Promise<void> {
  // What services wrote is theirs: the demo's shop fails with this text on purpose.
  const words = (await wordsOf(page)).replaceAll(/Cannot read properties of undefined/g, '');
  const found = FORBIDDEN.exec(words);
  assert.ok(
    found === null,
    `${what}: “${words.slice(Math.max(0, (found?.index ?? 0) - 40), (found?.index ?? 0) + 40).replaceAll('\n', ' | ')}”`,
  );
  assert.ok((await page.locator('.page').innerText()).trim() !== '', `${what}: the page says nothing`);
}

const chart = '.time-plot, .u-over';

/** Each check looks at one page of so many, and the next check at the next: for a run that must not take long. */
const PAGES_OF = Number(process.env.CONSOLE_PAGES_OF ?? 1);

/** The pages of a check; `turn`: its place among those that look at each page. */
function pagesInTurn(facts: Facts, turn: number): readonly string[] {
  return pagesOf(facts).filter((_, i) => i % PAGES_OF === turn % PAGES_OF);
}

async function lookAtEach(
  { page, open, facts }: Parameters<Check['run']>[0],
  turn: number,
  act: (path: string) => Promise<void>,
): Promise<void> {
  await page.addInitScript(keepDrawnText);
  for (const path of pagesInTurn(facts, turn)) {
    await open(path);
    await act(path);
    await page.waitForLoadState('networkidle');
    await expectCleanWords(page, path);
  }
}

export const WORDS_CHECKS: readonly Check[] = [
  {
    name: 'words: every page after its time is shifted, and when it is opened again from its address',
    run: async (input) => {
      const { page } = input;
      await lookAtEach(input, 0, async (path) => {
        await page.keyboard.press('[');
        await expectEventually(() => searchOf(page).has('from'), true);
        await page.keyboard.press('-');
        await page.waitForLoadState('networkidle');
        await expectCleanWords(page, `${path} shifted`);
        await page.reload();
      });
    },
  },
  {
    name: 'words: every page after a drag on its first chart',
    run: async (input) => {
      const { page } = input;
      await lookAtEach(input, 1, async (path) => {
        const first = page.locator(chart).first();
        if ((await first.count()) === 0) return;
        await dragAcross(page, first, [0.4, 0.5], [0.7, 0.5]);
        await expectEventually(() => searchOf(page).has('from'), true);
        assert.ok(Number(searchOf(page).get('from')) < Number(searchOf(page).get('to')), `${path}: a range`);
        await expectEventually(async () => /NaN/.test((await page.getByTestId('range').textContent()) ?? ''), false);
      });
    },
  },
  {
    name: 'words: every page from a copied link',
    run: async (input) => {
      const { page } = input;
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await lookAtEach(input, 2, async () => {
        await page.getByRole('button', { name: 'Copy link' }).click();
        const link = await page.evaluate(() => navigator.clipboard.readText());
        await page.goto(link);
        await page.waitForLoadState('networkidle');
        await page.getByRole('button', { name: 'Copy link' }).click();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link, 'the link stays the same');
      });
    },
  },
  {
    name: 'words: live is switched off and on again on every page, and the address keeps it',
    run: async (input) => {
      const { page } = input;
      await lookAtEach(input, 3, async () => {
        const live = page.getByRole('button', { name: 'Live' });
        assert.equal(await live.getAttribute('aria-pressed'), 'true');
        await live.click();
        await expectEventually(() => live.getAttribute('aria-pressed'), 'false');
        await page.reload();
        await expectEventually(() => live.getAttribute('aria-pressed'), 'false');
        await live.click();
        await expectEventually(() => live.getAttribute('aria-pressed'), 'true');
        await page.keyboard.press('v');
        await expectEventually(() => searchOf(page).get('live'), '0');
      });
    },
  },
  {
    name: 'words: an address that makes no sense is a page all the same',
    run: async ({ page, open, facts }) => {
      await page.addInitScript(keepDrawnText);
      const nonsense =
        'from=x&to=NaN&live=maybe&range=-3q&min=z&max=&sort=-nothing&zoom=9,1&severity=loud&status=odd&env=';
      for (const path of pagesInTurn(facts, 1)) {
        await open(`${path}${path.includes('?') ? '&' : '?'}${nonsense}`);
        await expectCleanWords(page, path);
      }
    },
  },
  {
    name: 'words: a service may be called anything, and its page opens again from its address',
    needs: 'mock',
    run: async ({ page, open }) => {
      for (const path of ['/services/..%2F..%2Fx', '/services/~..', '/services/a%3Fb%23c%25', '/services/main.js']) {
        await open(path);
        await page.locator('.state').getByText('No service is called').waitFor();
        assert.equal(new URL(page.url()).pathname, path);
      }
    },
  },
  {
    name: 'words: every page over a range that holds nothing',
    run: async (input) => {
      await lookAtEach(input, 4, async (path) => {
        await input.open(`${path}${path.includes('?') ? '&' : '?'}from=1577836800000&to=1577840400000`);
      });
    },
  },
  {
    name: 'words: every page while the store is dead',
    needs: 'mock',
    run: async (input) => {
      input.mock!.breakStore(true);
      try {
        await lookAtEach(input, 5, async () => undefined);
      } finally {
        input.mock!.breakStore(false);
      }
    },
  },
  {
    name: 'words: every page says that the store hangs, since when, and counts on',
    needs: 'mock',
    run: async ({ page, baseUrl, facts, mock }) => {
      await page.addInitScript(keepDrawnText);
      mock!.hangStore(true);
      try {
        for (const path of pagesOf(facts)) {
          await page.goto(`${baseUrl}${path}`);
          const banner = page.getByTestId('silence');
          await banner.getByText(/The store has not answered since \d\d:\d\d:\d\d/).waitFor();
          const first = await banner.innerText();
          await expectEventually(async () => (await banner.innerText()) !== first, true);
          await expectCleanWords(page, path);
          const [dot, live] = await page.evaluate(() => {
            const colour = (of: string) => getComputedStyle(document.querySelector(of)!).backgroundColor;
            return [colour('.live-dot'), getComputedStyle(document.documentElement).getPropertyValue('--accent')];
          });
          assert.notEqual(dot, live, `${path}: a mark of health over a store that hangs`);
        }
        await page.goto(`${baseUrl}/system`);
        const picture = page.getByTestId('old-picture');
        await picture.getByText(/taken at/).waitFor();
        const before = await picture.innerText();
        await expectEventually(async () => (await picture.innerText()) !== before, true);
        const green = await page.locator('.status-ok').evaluateAll((marks) => {
          const accent = getComputedStyle(document.querySelector('.rail-link.active')!).color;
          return marks.filter((mark) => getComputedStyle(mark).fill === accent).length;
        });
        assert.equal(green, 0, 'no component is shown as well');
      } finally {
        mock!.hangStore(false);
      }
      await expectEventually(() => page.getByTestId('silence').count(), 0, 20_000);
      await expectEventually(() => page.getByTestId('old-picture').count(), 0, 20_000);
    },
  },
  {
    name: 'words: a server that is gone is said, since when',
    needs: 'mock',
    run: async ({ page, open }) => {
      await open('/services');
      await page.getByRole('table', { name: 'Services' }).waitFor();
      await page.route('**/api/console/**', (route) => route.abort('connectionrefused'));
      await page.getByTestId('silence').getByText('The server has not answered since').waitFor({ timeout: 40_000 });
      await page.unroute('**/api/console/**');
      await expectEventually(() => page.getByTestId('silence').count(), 0, 40_000);
    },
  },
  {
    name: 'words: of a store that never told the system page says nothing but that',
    needs: 'mock',
    run: async ({ page, open }) => {
      await page.route('**/api/console/system?*', async (route) => {
        const answer = await route.fetch();
        const { asOfMs: _asOf, ...view } = (await answer.json()) as SystemResponse;
        const store = {
          ...view.store,
          available: false,
          message: 'no answer',
          itemCount: { traces: 0, logs: 0, metrics: 0 },
        };
        await route.fulfill({ response: answer, json: { ...view, store, losses: [], pipelines: [] } });
      });
      await open('/system');
      await page.getByTestId('old-picture').getByText('There is no earlier picture').waitFor();
      await page.getByRole('table', { name: 'Processes' }).waitFor();
      const words = await page.locator('.page').innerText();
      for (const claim of [/stored/i, /nothing yet/, /No collector/, /0\/s/]) assert.doesNotMatch(words, claim);
    },
  },
  {
    name: 'words: the system shows restarts, what waits for the store, and for how long, over time',
    run: async ({ page, open }) => {
      await open('/system');
      for (const title of ['Spool', 'Lag of the store', 'Restarts'])
        await page.getByRole('heading', { name: title }).waitFor();
    },
  },
];
