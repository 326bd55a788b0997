import type { ShapeOf } from './object.ts';
import { duration } from './values.ts';

/** When a receiver that fetches its data does so (otelcol scraper/scraperhelper ControllerConfig). */
export interface ScrapeConfig {
  readonly intervalMs: number;
  readonly initialDelayMs: number;
  /** One scrape may take so long; 0 means as long as it wants. */
  readonly timeoutMs: number;
}

interface RawScrape {
  readonly collection_interval: number;
  readonly initial_delay: number;
  readonly timeout: number;
}

/** The keys of a receiver that scrapes, for its own schema. */
export function scrapeShape(intervalMs = 60_000): ShapeOf<RawScrape> {
  return {
    collection_interval: duration(intervalMs).describe('how often it looks'),
    initial_delay: duration(1000).describe('before the first look'),
    timeout: duration(0).describe('of one look; 0 means none'),
  };
}

export function toScrape(raw: RawScrape): ScrapeConfig {
  return { intervalMs: raw.collection_interval, initialDelayMs: raw.initial_delay, timeoutMs: raw.timeout };
}

type Mistake = { readonly path: readonly string[]; readonly message: string };

export function scrapeMistakes({ intervalMs, timeoutMs, initialDelayMs }: ScrapeConfig): readonly Mistake[] {
  return [
    ...(intervalMs > 0
      ? []
      : [{ path: ['collection_interval'], message: '"collection_interval": requires positive value' }]),
    ...(timeoutMs >= 0 ? [] : [{ path: ['timeout'], message: '"timeout": requires positive value' }]),
    ...(initialDelayMs >= 0 ? [] : [{ path: ['initial_delay'], message: '"initial_delay": requires positive value' }]),
  ];
}
