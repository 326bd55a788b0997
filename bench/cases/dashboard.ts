import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startSignalbox } from '../../test/lib/signalbox.ts';
import { checkChromium, launchChromium } from '../lib/chromium.ts';
import { cpuSeconds, processTree } from '../lib/processes.ts';
import { loadStore, SHAPE } from '../lib/promql-load.ts';
import { type BenchCase, type CaseResult, type Row, short } from '../lib/report.ts';

/**
 * A dashboard of 30 panels of at most 400 series each over six hours of 10,000 counters, and one of five panels that ask all of them, in
 * Chromium: when the first panel is drawn, when all that are on the screen are, when all are that come by scrolling; and what holds frames up.
 */
const HOURS = 6;
const OPENINGS = 3;
const LIMIT_MS = 60_000;
const METRIC = 'bench_requests_total';

/** Grafana's JSON, of the little that it needs. */
function dashboard(uid: string, exprs: readonly (readonly [type: string, expr: string])[]): string {
  const panels = exprs.map(([type, expr], at) => ({
    id: at + 1,
    type,
    title: expr.slice(0, 60),
    gridPos: { x: (at % 3) * 8, y: Math.floor(at / 3) * 8, w: 8, h: 8 },
    targets: [{ refId: 'A', expr, legendFormat: '' }],
  }));
  return JSON.stringify({ uid, title: uid, schemaVersion: 39, time: { from: `now-${HOURS}h`, to: 'now' }, panels });
}

/** Three a service: 25 routes, 400 single series, one number. */
const MANY = Array.from({ length: 10 }, (_, service) => {
  const selector = `${METRIC}{service="s${service}", route=~"r1?[0-9]"}`;
  return [
    ['timeseries', `sum by (route) (rate(${selector}[$__rate_interval]))`],
    ['timeseries', `rate(${selector}[$__rate_interval])`],
    ['stat', `sum(rate(${selector}[5m]))`],
  ] as const;
}).flat();
const WIDE = [
  ['timeseries', `sum by (service) (rate(${METRIC}[$__rate_interval]))`],
  ['timeseries', `topk(5, rate(${METRIC}[$__rate_interval]))`],
  ['timeseries', `quantile by (service) (0.9, rate(${METRIC}[$__rate_interval]))`],
  ['timeseries', `max by (route) (${METRIC})`],
  ['stat', `sum(rate(${METRIC}[5m]))`],
] as const;

interface Opening {
  readonly firstMs: number;
  /** All panels that were on the screen at first. */
  readonly visibleMs: number;
  /** All, the page scrolled down as soon as those were drawn. */
  readonly allMs: number;
  readonly panels: number;
  /** Of the browser and of Signalbox together, until then. */
  readonly cpuMs: number;
  readonly longestScrollFrameMs: number;
  readonly longestHoverFrameMs: number;
}

export const dashboardCase: BenchCase = {
  name: 'dashboard',
  async run(): Promise<CaseResult> {
    checkChromium();
    const folder = mkdtempSync(join(tmpdir(), 'bench-dashboards-'));
    writeFileSync(join(folder, 'many.json'), dashboard('bench-many', MANY));
    writeFileSync(join(folder, 'wide.json'), dashboard('bench-wide', WIDE));
    const signalbox = await startSignalbox({ args: ['--dashboards', folder] });
    const browser = await launchChromium();
    try {
      const endMs = Math.floor(Date.now() / 60_000) * 60_000;
      await loadStore(signalbox, endMs - HOURS * 3_600_000, endMs);
      const openings = async (uid: string): Promise<readonly Opening[]> => {
        const each: Opening[] = [];
        for (let i = 0; i < OPENINGS; i++)
          each.push(await opened(browser, `${signalbox.consoleUrl}/dashboards/${uid}?range=${HOURS}h`));
        return each;
      };
      const many = await openings('bench-many');
      const wide = await openings('bench-wide');
      return { raw: { hours: HOURS, shape: SHAPE, many, wide }, rows: rowsOf(many, wide) };
    } finally {
      await browser.close();
      await signalbox.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

function rowsOf(many: readonly Opening[], wide: readonly Opening[]): Row[] {
  const worst = (openings: readonly Opening[], read: (opening: Opening) => number): number =>
    Math.max(...openings.map(read));
  const row = (
    what: string,
    openings: readonly Opening[],
    read: (opening: Opening) => number,
    limitMs: number,
  ): Row => {
    const times = openings.map(read).sort((a, b) => a - b);
    const shown = (ms: number): string => (limitMs < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);
    return {
      what,
      goal: `≤ ${shown(limitMs)}`,
      measured: `median ${shown(times[times.length >> 1]!)}, worst ${shown(times.at(-1)!)} of ${times.length}`,
      peer: '',
      met: times.at(-1)! <= limitMs,
    };
  };
  const frames = (opening: Opening): number => Math.max(opening.longestScrollFrameMs, opening.longestHoverFrameMs);
  const all = `${worst(many, ({ panels }) => panels)} panels over ${short(SHAPE.requests)} series of ${HOURS} h`;
  return [
    row(`${all}: the first`, many, ({ firstMs }) => firstMs, 1000),
    row(`${all}: those on the screen`, many, ({ visibleMs }) => visibleMs, 3000),
    row(`${all}: all, by scrolling`, many, ({ allMs }) => allMs, 6000),
    row('five panels that ask all series', wide, ({ allMs }) => allMs, 6000),
    row('the longest frame of scrolling and hovering', [...many, ...wide], frames, 50),
  ];
}

async function opened(browser: Browser, url: string): Promise<Opening> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(LIMIT_MS);
  try {
    const cpuBefore = cpuOfChildren();
    await page.goto(url, { waitUntil: 'commit' });
    const times = await page.evaluate<Pick<Opening, 'firstMs' | 'visibleMs' | 'allMs' | 'panels'>>(UNTIL_DRAWN);
    const cpuMs = cpuSinceMs(cpuBefore);
    const longestScrollFrameMs = await page.evaluate<number>(SCROLL_AND_TIME);
    const longestHoverFrameMs = await page.evaluate<number>(HOVER_AND_TIME);
    return { ...times, cpuMs, longestScrollFrameMs, longestHoverFrameMs };
  } finally {
    await page.close();
  }
}

/** Seconds by process. */
function cpuOfChildren(): ReadonlyMap<number, number> {
  const children = processTree(process.pid).filter((pid) => pid !== process.pid);
  return new Map(children.map((pid) => [pid, cpuSeconds(pid)]));
}

/** Of those that are there now: the page before this one may have had a process that is gone. */
function cpuSinceMs(before: ReadonlyMap<number, number>): number {
  const now = [...cpuOfChildren()];
  return now.reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0) * 1000;
}

/** In the page: what the panels of the dashboard are like, and which of them are on the screen. */
const PANELS = `
  const scroller = () => document.querySelector('.dash');
  const isDrawn = (panel) => {
    const body = panel.querySelector('.dash-body');
    const hasContent = body !== null && body.childElementCount > 0 && !body.classList.contains('stale') && body.querySelector('.dash-note') === null;
    return hasContent && [...body.querySelectorAll('.chart-plot')].every((plot) => plot.querySelector('canvas') !== null);
  };
  const isOnScreen = (panel) => {
    const { top, bottom } = panel.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };`;

const UNTIL_DRAWN = `new Promise((resolve, reject) => {${PANELS}
  let firstMs = 0, visibleMs = 0;
  // Not in each frame: looking takes a part of what is measured.
  const lookAgain = () => setTimeout(look, 25);
  const look = () => {
    if (performance.now() > ${LIMIT_MS}) {
      reject(new Error([...document.querySelectorAll('.dash-panel')].filter((panel) => !isDrawn(panel)).map((panel) => panel.textContent).join('; ').slice(0, 500)));
      return;
    }
    const panels = [...document.querySelectorAll('.dash-panel')];
    if (firstMs === 0 && panels.some(isDrawn)) firstMs = performance.now();
    const isReady = panels.length > 0 && panels.filter(isOnScreen).every(isDrawn);
    if (isReady && visibleMs === 0) visibleMs = performance.now();
    if (isReady) {
      if (panels.every(isDrawn)) {
        resolve({ firstMs, visibleMs, allMs: performance.now(), panels: panels.length });
        return;
      }
      scroller().scrollBy(0, innerHeight * 0.8);
    }
    lookAgain();
  };
  look();
})`;

/** The longest frame of sixty in which `step` moves on. */
function frames(step: string, before = ''): string {
  return `new Promise((resolve) => {${PANELS}
  ${before}
  let last = performance.now(), longest = 0, count = 0;
  const frame = (now) => {
    if (count > 0) longest = Math.max(longest, now - last);
    last = now;
    if (count++ === 60) resolve(longest);
    else {
      ${step}
      requestAnimationFrame(frame);
    }
  };
  requestAnimationFrame(frame);
})`;
}

const SCROLL_AND_TIME = frames('scroller().scrollBy(0, -60);');
const HOVER_AND_TIME = frames(
  `const at = { clientX: left + (width * count) / 62, clientY: top + height / 2, bubbles: true };
  chart.dispatchEvent(new MouseEvent('mousemove', at));`,
  `const chart = [...document.querySelectorAll('.dash-panel .u-over')].find(isOnScreen);
  const { left, top, width, height } = chart.getBoundingClientRect();`,
);
