import type { LogRecord } from '#query';

/** Finds what log records lead to. */
export interface LogLinker {
  /** The same records, those that lead somewhere with their `links`. */
  link(logs: readonly LogRecord[]): Promise<readonly LogRecord[]>;
}
