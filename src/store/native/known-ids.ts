import { SeriesSet } from './series-set.ts';

/**
 * What rows name by an id is written again after so long, so that its `last_seen` is right to the hour and it outlives its first row.
 */
export const RENEW_SECONDS = 3600;
/** Resources, scopes and streams that are remembered: fewer than series. */
const OWNER_LIMIT = 65_536;

/** Ids that the store knows, because this process wrote what they stand for. */
export class KnownIds {
  readonly series: SeriesSet;
  readonly resources: SeriesSet = new SeriesSet(OWNER_LIMIT);
  readonly scopes: SeriesSet = new SeriesSet(OWNER_LIMIT);
  /** Of logs. */
  readonly streams: SeriesSet = new SeriesSet(OWNER_LIMIT);

  constructor(seriesLimit: number) {
    this.series = new SeriesSet(seriesLimit);
  }

  /** Forgets all: after a failure, when it isn't sure what the store knows. */
  clear(): void {
    this.series.clear();
    this.resources.clear();
    this.scopes.clear();
    this.streams.clear();
  }
}
