/** What answers on all subjects share. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue };

export type Attributes = { [key: string]: AttributeValue };

export type SignalName = 'traces' | 'logs' | 'metrics';

/** Buckets shared by all series of one answer: bucket i covers [startMs + i*stepMs, startMs + (i+1)*stepMs). */
export interface TimeGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** One value per bucket; null where there are no data. */
export type Series = readonly (number | null)[];
