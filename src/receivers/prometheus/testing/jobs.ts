import { globalSchema, type ScrapeConfigEntry, scrapeConfigSchema, toScrapeConfig } from '../scrape-config.ts';

/** A job as a configuration has it. */
export function jobOf(block: object, global: object = {}): ScrapeConfigEntry {
  return toScrapeConfig(scrapeConfigSchema.parse({ job_name: 'shop', ...block }), globalSchema.parse(global));
}
