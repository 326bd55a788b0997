import type { Reason } from './reasons.ts';
import { withoutPasswords } from './redact.ts';

/**
 * The operating errors of Signalbox. A bug asserts (assert.ts); everything here is something that can happen to
 * correct code: a peer that refuses, a file with a mistake, a body that is cut off.
 * Messages are: place, what was found, way out. Lower case, no full stop, values cut to 80 characters, passwords of URLs hidden.
 */

/** Bytes or text of a peer that can't be read. `offset` counts bytes from the start of the message. */
export class DecodeError extends Error {
  override name = 'DecodeError';
  readonly code = 'decode';
  readonly offset: number;
  constructor(message: string, offset = 0, options?: ErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}

/** Where in a configuration file a value stands. `line` and `column` count from 1. */
export interface ConfigPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One mistake in a configuration. `path` is the YAML path joined by `::`, as otelcol prints it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly code = 'config';
  readonly path: string;
  readonly place: ConfigPlace | undefined;
  constructor(path: string, message: string, place?: ConfigPlace, options?: ErrorOptions) {
    // A file can have ten thousands of mistakes, and nobody looks at where in our code they were found.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(withoutPasswords(message), options);
    Error.stackTraceLimit = stackTraceLimit;
    this.path = path;
    this.place = place;
  }
}

/** All mistakes of one configuration, found in one go. */
export class ConfigErrors extends Error {
  override name = 'ConfigErrors';
  readonly code = 'config';
  readonly errors: readonly ConfigError[];
  constructor(errors: readonly ConfigError[]) {
    super(errors.map((e) => e.message).join('\n'));
    this.errors = errors;
  }
}

export interface ConsumeErrorOptions extends ErrorOptions {
  /** A permanent error fails again for the same data, so nobody may retry it. Default: false (retryable). */
  readonly permanent?: boolean;
  /** The peer asked to wait so long before the next attempt. Only for retryable errors. */
  readonly retryAfterMs?: number;
  /** The gRPC status code (google.rpc.Code) to answer with, where one is known. */
  readonly grpcCode?: number;
  /** Default: `refused`. */
  readonly reason?: Reason;
}

/** A consumer refused a batch. Travels back through the pipeline to the receiver, which answers its client with it. */
export class ConsumeError extends Error {
  override name = 'ConsumeError';
  readonly code = 'consume';
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;
  readonly grpcCode: number | undefined;
  readonly reason: Reason;
  constructor(message: string, options: ConsumeErrorOptions = {}) {
    super(withoutPasswords(message), options);
    this.permanent = options.permanent ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.grpcCode = options.grpcCode;
    this.reason = options.reason ?? 'refused';
  }
}

/** The process can't start or go on: printed without a stack, then exit. `hint` names the way out. */
export class StartError extends Error {
  override name = 'StartError';
  readonly code = 'start';
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(withoutPasswords(message), options);
    this.hint = hint === undefined ? undefined : withoutPasswords(hint);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a ConsumeError says that retrying is useless. Anything else that was thrown counts as retryable, as in otelcol. */
export function isPermanent(error: unknown): boolean {
  return error instanceof ConsumeError && error.permanent;
}

/** What a refusal or loss by this error is counted under. */
export function reasonOf(error: unknown): Reason {
  return error instanceof ConsumeError ? error.reason : 'failed';
}

/** Cuts a value for an error message to 80 characters. */
export function excerpt(value: string, limit = 80): string {
  return value.length <= limit ? value : `${value.slice(0, limit)}…`;
}
