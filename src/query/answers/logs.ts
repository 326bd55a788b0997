/** Log records. */
import type { Attributes, AttributeValue, TimeGrid } from './common.ts';

export type SeverityGroup = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'unset';

export interface LogRecord {
  /** Stable within the store; also the paging cursor. */
  readonly id: string;
  readonly timeNs: string;
  readonly timeMs: number;
  readonly service: string;
  /** OTLP severity number 0..24. */
  readonly severityNumber: number;
  /** What the source called it; derived from the number where it gave no text. */
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: string;
  /** What a query in LogQL took out of the line. */
  readonly parsed?: { readonly [label: string]: string };
  /** What the fields that are derived from it, as the data sources of Grafana say, lead to; absent for none. */
  readonly links?: readonly LogLink[];
  /** Long values end in an ellipsis; the full sizes in bytes of what is cut here. One record can be asked for in full. */
  readonly cut?: { readonly body?: number; readonly attributes?: number; readonly resource?: number };
}

export interface LogLink {
  readonly name: string;
  /** A trace, as 32 hex digits; undefined where it leads out. */
  readonly traceId?: string;
  /** An address of http or https. */
  readonly url?: string;
}

/** Counts per bucket and severity group. */
export interface LogHistogram {
  readonly grid: TimeGrid;
  readonly groups: readonly {
    readonly severity: SeverityGroup;
    readonly counts: readonly number[];
    readonly total: number;
  }[];
  readonly total: number;
  readonly services: readonly { readonly name: string; readonly count: number }[];
}

/** Kinds of lines, the most frequent first; at most 200. */
export interface LogPatterns {
  readonly patterns: readonly LogPattern[];
  readonly patternCount: number;
  /** So many records were looked at, the newest. */
  readonly lookedAt: number;
  /** These are all that match. */
  readonly isWhole: boolean;
  /** From when on records were looked at. */
  readonly fromMs: number;
  readonly grid: TimeGrid;
}

export interface LogPattern {
  /** The line, with `<_>` for what changes from one to the next. */
  readonly pattern: string;
  readonly severityNumber: number;
  readonly count: number;
  /** The first one that was looked at. */
  readonly firstMs: number;
  readonly counts: readonly number[];
  /** Of the newest one. */
  readonly sampleId: string;
}
