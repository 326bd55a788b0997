/** Exceptions that are of one kind. */
import type { TimeGrid } from './common.ts';

/** Kinds of exceptions, the most frequent first. */
export interface ErrorGroups {
  /** At most 200. */
  readonly groups: readonly ErrorGroup[];
  readonly groupCount: number;
  /** Exceptions of the range that were counted: all of it, or the newest. */
  readonly total: number;
  readonly isWhole: boolean;
  /** From when on exceptions were counted. */
  readonly fromMs: number;
  /** Since when it is known which kinds there were: what is new is new since then. */
  readonly knownFromMs: number;
  readonly grid: TimeGrid;
}

export interface ErrorGroup {
  /** Stays the same as long as service, type, message and frame do. */
  readonly id: string;
  readonly service: string;
  /** `exception.type`; may be empty. */
  readonly type: string;
  /** The message, with `<_>` for what changes from one to the next; may be empty. */
  readonly message: string;
  /** Where it was thrown, without the line's number: the innermost frame of the service's own code, or else the innermost. Empty without a stack trace. */
  readonly frame: string;
  readonly count: number;
  readonly counts: readonly number[];
  /** Of all that were looked at, before the range too. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** It was not there before. */
  readonly isNew: boolean;
  /** Of the newest one. */
  readonly sampleMessage: string;
  readonly sampleStacktrace: string;
  /** Traces in which it happened, the newest first; at most five, each with the newest of its spans. */
  readonly examples: readonly ErrorExample[];
  /** A log record tells of it: the newest that does. */
  readonly logId?: string;
}

export interface ErrorExample {
  readonly traceId: string;
  readonly spanId: string;
  readonly timeMs: number;
}
