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
  /** Long values end in an ellipsis; the full sizes in bytes of what is cut here. One record can be asked for in full. */
  readonly cut?: { readonly body?: number; readonly attributes?: number; readonly resource?: number };
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
