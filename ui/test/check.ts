/** What a check of the console is, and the few helpers that all of them use. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { Console } from './browser.ts';
import type { MockServer } from './mock-server.ts';

/** Things that the data under test has; looked up from the API, so that checks run against any server. */
export interface Facts {
  /** A service with failed requests, or the busiest. */
  readonly service: string;
  /** A trace with several spans, and with a failed one if there is any. */
  readonly traceId: string;
}

export interface CheckInput extends Console {
  readonly facts: Facts;
  /** Only for checks that need the mock server. */
  readonly mock: MockServer | undefined;
  /** Adds a measured figure to the report. */
  measure(name: string, value: number, unit: string): void;
}

export interface Check {
  readonly name: string;
  /** `mock`: depends on what the mock server makes up or can be told to do. */
  readonly needs?: 'mock';
  readonly run: (input: CheckInput) => Promise<void>;
}

/** The text of an element, empty if there is none. */
export async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? '';
}

export function searchOf(page: Page): URLSearchParams {
  return new URL(page.url()).searchParams;
}

/**
 * What the limits on times are multiplied by. 1 is what the console promises; CI runs on a shared machine and allows more, because the
 * figures themselves are kept by `npm run bench`.
 */
export const TIME_FACTOR = Number(process.env.CONSOLE_TIME_FACTOR ?? 1);

const POLL_MS = 40;
const PATIENCE_MS = 6_000 * TIME_FACTOR;

/** Waits until `read` gives `want`; fails with the last value. */
export async function expectEventually<T>(
  read: () => T | Promise<T>,
  want: T,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let last = await read();
  while (last !== want && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    last = await read();
  }
  assert.equal(last, want);
}

/** Drags from one place to another, given as shares of the element's width and height. */
export async function dragAcross(
  page: Page,
  element: Locator,
  from: readonly [number, number],
  to: readonly [number, number],
): Promise<void> {
  const box = await element.boundingBox();
  assert.ok(box, 'the element to drag on is visible');
  const at = ([x, y]: readonly [number, number]) => [box.x + box.width * x, box.y + box.height * y] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]), { steps: 4 });
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

/** Presses a key until something is there: a page that has come may not listen yet. */
export async function pressUntil(page: Page, key: string, there: Locator): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  do {
    await page.keyboard.press(key);
    const hasCome = await there.waitFor({ timeout: AGAIN_MS }).then(
      () => true,
      () => false,
    );
    if (hasCome) return;
  } while (Date.now() < deadline);
  await there.waitFor();
}
const AGAIN_MS = 2_000;
