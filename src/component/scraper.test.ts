import { describe, expect, test } from 'vitest';
import { ConsumeError } from '#base';
import { type ScrapeConfig, scrapeMistakes, scrapeShape, strictObject, toScrape } from '#config';
import type { Batch } from '#pdata';
import { PartialScrape, type Scraper, ScraperController } from './scraper.ts';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer, sampleBatch } from './testing/index.ts';

const EVERY_10_S: ScrapeConfig = { intervalMs: 10_000, initialDelayMs: 1000, timeoutMs: 0 };
/** random() is 0.5: half of a tenth of the interval. */
const FIRST_MS = 1500;

class FakeScraper implements Scraper {
  readonly name: string;
  readonly events: string[] = [];
  /** Each look: what it was told, and how it ends. */
  readonly looks: { readonly abort: AbortSignal; readonly atMs: number }[] = [];
  answer: (abort: AbortSignal) => Promise<Batch> = async () => sampleBatch('metrics', 3);
  readonly #settings: FakeSettings;

  constructor(settings: FakeSettings, name = 'fake') {
    this.#settings = settings;
    this.name = name;
  }
  async start(): Promise<void> {
    this.events.push('start');
  }
  async shutdown(): Promise<void> {
    this.events.push('stop');
  }
  scrape(abort: AbortSignal): Promise<Batch> {
    this.looks.push({ abort, atMs: this.#settings.clock.monotonicMs() });
    return this.answer(abort);
  }
}

async function setUp(config: Partial<ScrapeConfig> = {}) {
  const settings = fakeSettings({ id: 'host' });
  const next = new RecordingConsumer();
  const scraper = new FakeScraper(settings);
  const other = new FakeScraper(settings, 'other');
  const controller = new ScraperController(settings, { ...EVERY_10_S, ...config }, [scraper, other], next);
  await controller.start(fakeHost());
  const count = (what: 'scraped' | 'errored'): number =>
    settings.meter.sum(`scraper_${what}_metric_points`, { scraper: 'fake' });
  return { settings, next, scraper, other, controller, count };
}

const NEVER = (): Promise<Batch> => new Promise(() => undefined);
/** Ends when it is told to, as a request does. */
const untilAborted = (abort: AbortSignal): Promise<Batch> =>
  new Promise((_, reject) => {
    abort.addEventListener('abort', () => reject(new Error('aborted')));
  });

describe('a scraper is asked', () => {
  test('after the initial delay with some jitter, and then at fixed times', async () => {
    const { settings, scraper, next, count } = await setUp();
    await settings.clock.advance(FIRST_MS - 1);
    expect(scraper.looks).toHaveLength(0);
    await settings.clock.advance(30_001);
    expect(scraper.looks.map(({ atMs }) => atMs)).toEqual([FIRST_MS, 11_500, 21_500, 31_500]);
    expect(next.itemCount).toBe(24);
    expect(count('scraped')).toBe(12);
    expect(settings.meter.sum('receiver_accepted_metric_points')).toBe(24);
  });

  test('again only when it has ended; what is left out is told, and no other scraper waits', async () => {
    const { settings, scraper, other } = await setUp();
    let end = (_: Batch): void => undefined;
    scraper.answer = () =>
      new Promise((resolve) => {
        end = resolve;
      });
    await settings.clock.advance(FIRST_MS + 25_000);
    expect(scraper.looks).toHaveLength(1);
    expect(other.looks).toHaveLength(3);
    expect(settings.account.sum('trouble', 'scrape_skipped')).toBe(2);
    end(sampleBatch('metrics', 1));
    await settings.clock.advance(0);
    await settings.clock.advance(5000);
    expect(scraper.looks.map(({ atMs }) => atMs)).toEqual([FIRST_MS, FIRST_MS + 30_000]);
  });

  test('by the time that passes, whatever somebody sets the calendar to', async () => {
    const { settings, scraper } = await setUp();
    await settings.clock.advance(FIRST_MS);
    settings.clock.jump(3_600_000);
    await settings.clock.advance(10_000);
    expect(scraper.looks).toHaveLength(2);
  });
});

describe('a look that fails', () => {
  test('is counted and told, and the next one may be well', async () => {
    const { settings, scraper, count } = await setUp();
    scraper.answer = () => Promise.reject(new Error('no route to host'));
    await settings.clock.advance(FIRST_MS);
    expect(count('errored')).toBe(1);
    expect(settings.account.sum('trouble', 'scrape_failed')).toBe(1);
    expect(settings.statuses).toEqual([{ status: 'recoverable_error', message: 'scraper "fake": no route to host' }]);
    scraper.answer = async () => sampleBatch('metrics', 3);
    await settings.clock.advance(10_000);
    expect(count('scraped')).toBe(3);
    expect(settings.statuses.at(-1)).toEqual({ status: 'ok', message: undefined });
  });

  test('in part hands on what there is', async () => {
    const { settings, scraper, next, count } = await setUp();
    scraper.answer = () => Promise.reject(new PartialScrape('two disks', sampleBatch('metrics', 5), 2));
    await settings.clock.advance(FIRST_MS);
    expect([count('scraped'), count('errored')]).toEqual([5, 2]);
    expect(next.itemCount).toBe(8);
  });

  test('by its timeout is told to end', async () => {
    const { settings, scraper, count } = await setUp({ timeoutMs: 4000 });
    scraper.answer = untilAborted;
    await settings.clock.advance(FIRST_MS + 3999);
    expect(scraper.looks[0]!.abort.aborted).toBe(false);
    await settings.clock.advance(1);
    expect(scraper.looks[0]!.abort.aborted).toBe(true);
    expect(count('errored')).toBe(1);
    expect(settings.statuses.at(-1)!.message).toBe('scraper "fake": no answer within 4000 ms');
    await settings.clock.advance(6000);
    expect(scraper.looks).toHaveLength(2);
  });

  test('at the next consumer loses its points: nobody sends them again', async () => {
    const { settings, next } = await setUp();
    next.before = () => {
      throw new ConsumeError('full', { reason: 'queue_full' });
    };
    await settings.clock.advance(FIRST_MS);
    expect(settings.account.sum('dropped', 'queue_full')).toBe(6);
    expect(settings.meter.sum('receiver_refused_metric_points')).toBe(6);
  });
});

describe('a stop', () => {
  test('ends the looks under way, and starts none', async () => {
    const { settings, scraper, controller, count } = await setUp();
    scraper.answer = untilAborted;
    await settings.clock.advance(FIRST_MS);
    await controller.shutdown(1000);
    await controller.shutdown(1000);
    await settings.clock.advance(60_000);
    expect(scraper.looks).toHaveLength(1);
    expect(scraper.events).toEqual(['start', 'stop']);
    expect([count('errored'), settings.statuses.length]).toEqual([0, 0]);
  });

  test('waits no longer than its deadline for a scraper that does not end', async () => {
    const { settings, scraper, controller } = await setUp();
    scraper.answer = NEVER;
    await settings.clock.advance(FIRST_MS);
    const stopped = controller.shutdown(1000);
    await settings.clock.advance(1000);
    await stopped;
  });

  test('without a start', async () => {
    const settings = fakeSettings();
    const scraper = new FakeScraper(settings);
    await new ScraperController(settings, EVERY_10_S, [scraper], new RecordingConsumer()).shutdown(10);
    expect(scraper.events).toEqual([]);
  });
});

test('the keys are those of otelcol', () => {
  const schema = strictObject(scrapeShape()).transform(toScrape);
  expect(schema.parse({})).toEqual({ intervalMs: 60_000, initialDelayMs: 1000, timeoutMs: 0 });
  const config = schema.parse({ collection_interval: '0s', initial_delay: '5s', timeout: '-1s' });
  expect(scrapeMistakes(config).map(({ path }) => path[0])).toEqual(['collection_interval', 'timeout']);
});
