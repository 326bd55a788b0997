import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What a person waits for in the console, measured by the page itself: its first content, the answer to a click, and what blocks the page. */

/** A page with data in it. */
export interface PageToOpen {
  readonly name: string;
  readonly path: string;
  /** An element that is there when there is something to read. */
  readonly content: string;
}

/** What a person does on an opened page. */
export interface ClickToTime {
  readonly name: string;
  readonly path: string;
  /** What is there before the click. */
  readonly before: string;
  readonly act: (page: Page) => Promise<void>;
  /** A request of the console's API that the click causes; it must be answered before there is a result. */
  readonly asks?: string;
  /** What is there when there is a result, beside nothing dimmed and nothing loading. */
  readonly result: string;
  /** What the address has to contain by then. */
  readonly url?: string;
}

export interface Opening {
  readonly contentMs: number;
  readonly longestTaskMs: number;
}

export interface Answered {
  readonly reactionMs: number;
  readonly resultMs: number;
  readonly longestTaskMs: number;
}

const VIEWPORT = { width: 1440, height: 900 };
/** What follows the content, such as what was left for later, may block the page as well. */
const SETTLE_MS = 800;
const LIMIT_MS = 60_000;

/**
 * In each document, before its scripts. `probe.tasks` are the tasks of more than 50 ms, `probe.asked` the requests of the API: path, beginning, and
 * end once answered. After `probe.arm()` the next click or key is timed: `probe.input` is when it happened (the event's own time, so that waiting
 * for a busy page counts), `probe.reaction` when the first change after it was on the screen.
 */
const PROBE = `(() => {
  const probe = window.probe = { tasks: [], asked: [], input: 0, reaction: 0, isArmed: false };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) probe.tasks.push([startTime, duration]);
  }).observe({ type: 'longtask', buffered: true });
  const ask = window.fetch;
  window.fetch = async (...args) => {
    const one = { path: String(args[0]?.url ?? args[0]), from: performance.now(), to: 0 };
    probe.asked.push(one);
    try { return await ask(...args); } finally { one.to = performance.now(); }
  };
  const shown = () => requestAnimationFrame(() => setTimeout(() => { probe.reaction ||= performance.now(); }));
  const note = (event) => {
    if (!probe.isArmed) return;
    probe.isArmed = false;
    probe.input = event.timeStamp;
    const changes = new MutationObserver(() => { changes.disconnect(); shown(); });
    changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  };
  for (const type of ['click', 'keydown']) window.addEventListener(type, note, { capture: true });
  probe.arm = () => Object.assign(probe, { input: 0, reaction: 0, isArmed: true });
})()`;

/** In the page: the time of the frame in which \`selector\` is there, nothing is dimmed and nothing loads. */
function untilShown(selector: string, url: string, asks: string | undefined): string {
  return `new Promise((resolve, reject) => {
    const asks = ${JSON.stringify(asks ?? null)};
    const isAnswered = () => asks === null ||
      probe.asked.some(({ path, from, to }) => path.includes(asks) && from >= probe.input && to > 0);
    const look = () => {
      if (performance.now() > probe.input + ${LIMIT_MS}) {
        reject(new Error('no ' + ${JSON.stringify(selector)} + ' at ' + location.href + '; asked ' + JSON.stringify(probe.asked.slice(-4))));
        return;
      }
      const isThere = document.querySelector(${JSON.stringify(selector)}) !== null && location.href.includes(${JSON.stringify(url)}) &&
        isAnswered() && document.querySelector('.stale, .state-wait') === null;
      if (isThere) requestAnimationFrame(() => resolve(performance.now()));
      else requestAnimationFrame(look);
    };
    look();
  })`;
}

/** Opens a page in a context: cold in a new one, warm where it was open before. */
export async function timeOpening(context: BrowserContext, baseUrl: string, target: PageToOpen): Promise<Opening> {
  const page = await newPage(context);
  try {
    await page.goto(`${baseUrl}${target.path}`, { waitUntil: 'commit' });
    const contentMs = await page.evaluate<number>(untilShown(target.content, '', undefined));
    await page.waitForTimeout(SETTLE_MS);
    return { contentMs, longestTaskMs: await longestTask(page, 0) };
  } finally {
    await page.close();
  }
}

export async function timeClick(context: BrowserContext, baseUrl: string, click: ClickToTime): Promise<Answered> {
  const page = await newPage(context);
  try {
    await page.goto(`${baseUrl}${click.path}`, { waitUntil: 'commit' });
    await page.evaluate(untilShown(click.before, '', undefined));
    await page.waitForTimeout(SETTLE_MS);
    await page.evaluate('probe.arm()');
    await click.act(page);
    const resultAt = await page.evaluate<number>(untilShown(click.result, click.url ?? '', click.asks));
    const { input, reaction } = await page.evaluate<{ input: number; reaction: number }>('probe');
    if (input === 0) throw new Error(`${click.name}: the page has seen no click`);
    await page.waitForTimeout(SETTLE_MS);
    const reactionAt = reaction === 0 ? resultAt : Math.min(reaction, resultAt);
    return {
      reactionMs: reactionAt - input,
      resultMs: resultAt - input,
      longestTaskMs: await longestTask(page, input),
    };
  } finally {
    await page.close();
  }
}

export function newContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ viewport: VIEWPORT });
}

async function newPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  await page.addInitScript(PROBE);
  return page;
}

/** 0: none of more than 50 ms, below which the browser reports nothing. */
async function longestTask(page: Page, fromMs: number): Promise<number> {
  return await page.evaluate<number>(
    `probe.tasks.reduce((most, [start, ms]) => start + ms >= ${fromMs} ? Math.max(most, ms) : most, 0)`,
  );
}
