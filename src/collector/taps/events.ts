import type { MarkedField } from '#inspect';
import type { Signal } from '#pdata';
import type { TapTarget } from './target.ts';

/** How much a tap gives at most. */
export interface TapLimits {
  /** Items in all. */
  readonly items: number;
  /** Items a second; the others are counted. */
  readonly itemsPerSecond: number;
  /** Of what is written, in all. */
  readonly bytes: number;
  readonly timeMs: number;
}

export const DEFAULT_TAP_LIMITS: TapLimits = {
  items: 500,
  itemsPerSecond: 20,
  bytes: 8 * 1024 * 1024,
  timeMs: 60_000,
};

/** What became of an item: `held` of one that the component, or a later one, has not handed on when the tap ends. */
export type TapOutcome = 'passed' | 'changed' | 'dropped' | 'added' | 'refused' | 'held';

export interface TapItem {
  readonly type: 'item';
  /** Milliseconds of the calendar. */
  readonly atMs: number;
  readonly signal: Signal;
  readonly outcome: TapOutcome;
  /** Of a dropped one, where the component has named just one. */
  readonly reason?: string;
  /** A later component left it out: nobody saw what it would have become. */
  readonly isDroppedLater?: true;
  /** How many values are masked. */
  readonly maskedCount: number;
  readonly fields: readonly MarkedField[];
}

/** What has passed so far. Once a second, and at the end. */
export interface TapCounts {
  readonly type: 'counts';
  /** Into the component and out of it; one that begins a pipeline, or ends it, has only one of them. */
  readonly in: number;
  readonly out: number;
  readonly shown: number;
  /** Looked at, and not shown yet: something holds them. */
  readonly waiting: number;
  /** What the component said of items that it left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

export type TapEvent =
  | { readonly type: 'start'; readonly target: TapTarget; readonly limits: TapLimits; readonly isRaw: boolean }
  | TapItem
  | TapCounts
  | { readonly type: 'end'; readonly reason: TapEnd; readonly message?: string };

/** Why a tap ended: a limit, a reload or stop of the collector, or a fault of its own. */
export type TapEnd = 'items' | 'bytes' | 'time' | 'reload' | 'fault';
