/**
 * Names of a stranger: long ones end in an ellipsis and can be read in full, and characters that turn the direction of what is read are
 * written out, wherever a name can stand. The answers of the mock get such names on their way.
 */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Check, expectEventually } from './check.ts';

const EVIL = ` \u202egpj.exe\u2066${'-very-long-name'.repeat(14)}`;
const ENCODED = encodeURIComponent(EVIL);

/** Fields that hold a stranger's text, and lists of such texts. */
const FIELDS = new Set([
  'name',
  'service',
  'rootService',
  'rootOperation',
  'language',
  'version',
  'description',
  'body',
]);
const LISTS = new Set(['services', 'names', 'hints', 'environments']);
const OBJECTS = new Set(['attributes', 'resource', 'labels']);

function evil(key: string, value: unknown): unknown {
  if (typeof value === 'string') return FIELDS.has(key) ? value + EVIL : value;
  if (Array.isArray(value))
    return value.map((one) => (typeof one === 'string' && LISTS.has(key) ? one + EVIL : evil(key, one)));
  if (typeof value !== 'object' || value === null) return value;
  const isForeign = OBJECTS.has(key);
  return Object.fromEntries(
    Object.entries(value).map(([inner, one]) => {
      const name = isForeign && key !== 'labels' ? inner + EVIL : inner;
      return [name, isForeign && typeof one === 'string' ? one + EVIL : evil(inner, one)];
    }),
  );
}

async function serveEvilNames(page: Page): Promise<void> {
  await page.route('**/api/console/**', async (route) => {
    const url = route.request().url().replaceAll(ENCODED, '').replaceAll(ENCODED.replaceAll('%20', '+'), '');
    const response = await route.fetch({ url });
    const isOwn = /\/(?:status|system)(?:\?|$)/.test(url);
    const body = response.ok() && !isOwn ? JSON.stringify(evil('', await response.json())) : await response.text();
    await route.fulfill({ response, body });
  });
}

/** Texts that a person sees or hears, with characters that turn the direction. */
function turned(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const texts = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element)
        texts.push(...['title', 'aria-label', 'placeholder'].map((name) => node.getAttribute(name) ?? ''));
      else if (!/^(?:SCRIPT|STYLE)$/.test(node.parentElement?.tagName ?? '')) texts.push(node.textContent ?? '');
    }
    return texts.filter((text) => /[\u202a-\u202e\u2066-\u2069]/.test(text)).map((text) => text.slice(0, 60));
  });
}

/** Texts that are cut off without an ellipsis, or without a title that has the whole. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const cuts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? '';
      const holder = node.parentElement;
      if (text.length < 3 || holder === null || holder.closest('.visually-hidden, .skip-link, svg, title, script'))
        continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const { right, left, width } = range.getBoundingClientRect();
      if (width === 0) continue;
      let isEllipsis = false;
      for (let box: Element | null = holder; box !== null && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (/auto|scroll/.test(style.overflowX)) break;
        if (style.overflowX === 'visible') continue;
        const edges = box.getBoundingClientRect();
        const isCut = right > edges.right + 1 || left < edges.left - 1;
        if (!isCut) continue;
        // What an ellipsis cut ends within the boxes around it.
        isEllipsis ||= style.textOverflow === 'ellipsis' && !/flex|grid/.test(style.display);
        if (!isEllipsis) cuts.push(`cut without an ellipsis in .${box.className}: ${text.slice(0, 40)}`);
        else if (holder.closest('[title]:not([title=""])') === null)
          cuts.push(`no title on .${holder.className}: ${text.slice(0, 40)}`);
        break;
      }
    }
    return [...new Set(cuts)];
  });
}

async function look(page: Page, what: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  assert.deepEqual(await turned(page), [], `${what}: direction`);
  assert.deepEqual(await cutOff(page), [], `${what}: cut`);
}

const VIEWPORTS = [1440, 1024, 390] as const;

export const FOREIGN_CHECKS: readonly Check[] = VIEWPORTS.map((width) => ({
  name: `foreign names: they can be read on every page, ${width} px wide`,
  needs: 'mock' as const,
  run: async ({ page, open, facts }) => {
    await page.setViewportSize({ width, height: 900 });
    await serveEvilNames(page);
    const service = `/services/${encodeURIComponent(facts.service)}${ENCODED}`;
    for (const path of ['/services', service, '/traces', '/logs', '/metrics', '/metrics?group=service.name']) {
      await open(`${path}${path.includes('?') ? '&' : '?'}live=0`);
      await look(page, path);
    }
    await open('/logs?live=0');
    await page.locator('.log-row').first().click();
    await page.getByRole('complementary', { name: 'Log record' }).waitFor();
    await look(page, 'a log record');
    const detail = await page.getByRole('complementary', { name: 'Log record' }).boundingBox();
    assert.ok(detail !== null && detail.y < 800 && detail.x < width - 100, 'the record is on the screen');
    await open(`/traces/${facts.traceId}?live=0&logs=1`);
    await page.locator('.wf-line').first().click();
    await page.getByRole('table', { name: 'Attributes', exact: true }).waitFor();
    await look(page, 'a span');
    await open('/traces?live=0');
    await page.getByRole('button', { name: /^service:/ }).click();
    await expectEventually(async () => (await page.getByRole('option').count()) > 2, true);
    await look(page, 'a menu of services');
  },
}));
