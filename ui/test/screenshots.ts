/** A picture of every page in both themes, for people to look at. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser, openConsole, type Theme } from './browser.ts';

interface Shot {
  readonly name: string;
  /** An address, or how to get to the page when it depends on the data. */
  readonly path: string;
  readonly act?: (page: Page) => Promise<void>;
  /** The page is of a component that only the mock has. */
  readonly needs?: 'mock';
}

const settle = (page: Page): Promise<void> => page.waitForLoadState('networkidle').then(() => page.waitForTimeout(250));

async function openFirstRow(page: Page): Promise<void> {
  await page.locator('.table tbody tr[data-key]').first().locator('a').last().click();
  await page.locator('.waterfall').waitFor();
  await settle(page);
}

const SHOTS: readonly Shot[] = [
  { name: 'services', path: '/services' },
  {
    name: 'service',
    path: '/services',
    act: async (page) => {
      await page.locator('.table tbody tr[data-key] a').first().click();
      await page.locator('.chart').first().waitFor();
      await settle(page);
    },
  },
  { name: 'traces', path: '/traces' },
  {
    name: 'trace',
    path: '/traces?status=error&sort=spans',
    act: async (page) => {
      await openFirstRow(page);
      await page.keyboard.press('E');
      await settle(page);
    },
  },
  {
    name: 'trace-logs',
    path: '/traces?sort=spans',
    act: async (page) => {
      await openFirstRow(page);
      await page.keyboard.press('l');
      await settle(page);
    },
  },
  { name: 'logs', path: '/logs' },
  {
    name: 'logs-detail',
    path: '/logs?severity=error,warn',
    act: async (page) => {
      await page.locator('.log-row').nth(1).click();
      await settle(page);
    },
  },
  { name: 'metrics', path: '/metrics' },
  {
    name: 'metric',
    path: '/metrics',
    act: async (page) => {
      await page.locator('.metric-list button').first().click();
      await page.locator('.chart').first().waitFor();
      await settle(page);
    },
  },
  { name: 'heatmap', path: '/metrics?metric=http.server.request.duration&agg=heatmap&range=1h' },
  { name: 'system', path: '/system' },
  {
    name: 'tap',
    path: '/tap?at=logs/processors/attributes/redact',
    needs: 'mock',
    act: (page) => page.locator('.tap-row').nth(8).waitFor(),
  },
  {
    name: 'ottl',
    path: '/ottl',
    act: async (page) => {
      await page.locator('.item-fields').waitFor();
      await settle(page);
    },
  },
  { name: 'send', path: '/send' },
  { name: 'empty', path: '/traces?q=status%3Derror+service%3Dpxyments+http.route%3D%2Fapi%2Fcart' },
  {
    name: 'moment',
    path: '/metrics?metric=http.server.request.duration&group=service.name&live=0',
    act: async (page) => {
      await page.locator('.u-over').click({ position: { x: 200, y: 120 } });
      await settle(page);
    },
  },
  {
    name: 'keys',
    path: '/services',
    act: async (page) => {
      await page.keyboard.press('?');
      await settle(page);
    },
  },
];

/** A laptop, half of its screen, a phone. */
const HEIGHTS: Readonly<Record<number, number>> = { 1440: 900, 1024: 768, 390: 844 };

/** Saves `<outDir>/<page>-<theme>.png` for every page, and with the width behind it for smaller screens; `only` limits it to pages whose name contains the text. */
export async function screenshotAllPages(
  baseUrl: string,
  outDir: string,
  { only = '', isMock }: { readonly only?: string; readonly isMock: boolean },
): Promise<readonly string[]> {
  const shots = SHOTS.filter(({ name, needs }) => name.includes(only) && (isMock || needs !== 'mock'));
  const wide = await screenshots(baseUrl, outDir, shots, 1440);
  return [
    ...wide,
    ...(await screenshots(baseUrl, outDir, shots, 1024)),
    ...(await screenshots(baseUrl, outDir, shots, 390)),
  ];
}

async function screenshots(
  baseUrl: string,
  outDir: string,
  shots: readonly Shot[],
  width: number,
): Promise<readonly string[]> {
  await mkdir(outDir, { recursive: true });
  const browser = await launchBrowser();
  const files: string[] = [];
  try {
    for (const theme of ['dark', 'light'] as const satisfies readonly Theme[]) {
      const view = await openConsole(browser, baseUrl, theme, { width, height: HEIGHTS[width] ?? 900 });
      for (const shot of shots) {
        await view.open(shot.path);
        await shot.act?.(view.page);
        const file = join(outDir, `${shot.name}-${theme}${width === 1440 ? '' : `-${width}`}.png`);
        await view.page.screenshot({ path: file });
        files.push(file);
      }
      await view.close();
    }
  } finally {
    await browser.close();
  }
  return files;
}
