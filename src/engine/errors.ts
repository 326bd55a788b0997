/**
 * Errors as ClickHouse speaks them: a number, a name, a text, and the HTTP status that belongs to the number.
 * Source of the mapping: ClickHouse src/Server/HTTP/exceptionCodeToHTTPStatus.cpp.
 */
import { viewsDatabase } from '#base/store-access.ts';

/** The codes that this process raises itself. Everything else comes from chDB with its own number and name. */
const ErrorCode = {
  CANNOT_READ_ALL_DATA: 33,
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  UNKNOWN_FUNCTION: 46,
  SYNTAX_ERROR: 62,
  UNKNOWN_FORMAT: 73,
  UNKNOWN_COMPRESSION_METHOD: 89,
  NO_DATA_TO_INSERT: 108,
  UNKNOWN_SETTING: 115,
  TIMEOUT_EXCEEDED: 159,
  READONLY: 164,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  NETWORK_ERROR: 210,
  QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: 216,
  QUERY_IS_TOO_LARGE: 229,
  ABORTED: 236,
  NOT_ENOUGH_SPACE: 243,
  CANNOT_DECOMPRESS: 271,
  SUPPORT_IS_DISABLED: 344,
  INTO_OUTFILE_NOT_ALLOWED: 358,
  SESSION_NOT_FOUND: 372,
  SESSION_IS_LOCKED: 373,
  INVALID_SESSION_TIMEOUT: 374,
  QUERY_WAS_CANCELLED: 394,
  SETTING_CONSTRAINT_VIOLATION: 452,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  STD_EXCEPTION: 1001,
  UNKNOWN_EXCEPTION: 1002,
} as const;

/** An error for the client of the HTTP interface, with ClickHouse's code and name. */
export class EngineError extends Error {
  override name = 'EngineError';
  readonly code: number;
  /** ClickHouse's name of the code, for example `UNKNOWN_TABLE`. */
  readonly codeName: string;
  constructor(code: number, codeName: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.codeName = codeName;
  }
}

/** Builds an error from the name of one of our own codes. */
export function engineError(codeName: keyof typeof ErrorCode, message: string, cause?: unknown): EngineError {
  return new EngineError(ErrorCode[codeName], codeName, message, cause === undefined ? undefined : { cause });
}

/** ClickHouse names databases, and tables of other databases, that are spelled like the one it didn't find. */
export function withoutForeignHint(error: EngineError, own: string): EngineError {
  const message = error.message.replace(/ Maybe you meant ([^?[\]]+)\?\.?/g, (hint, name: string) =>
    [own, viewsDatabase(own)].some((database) => name.startsWith(`${database}.`)) ? hint : '',
  );
  return message === error.message ? error : new EngineError(error.code, error.codeName, message, { cause: error });
}

const headPattern = /^Code: (\d+)\. DB::\w*Exception: /;
const namePattern = /\s*\(([A-Z][A-Z0-9_]+)\)\.?\s*$/;
const versionPattern = /\s*\(version [^()]*(?:\([^()]*\))?\)\.?\s*$/;

/** Reads `Code: N. DB::Exception: text (NAME)` of chDB. Any other text becomes UNKNOWN_EXCEPTION. */
export function parseChdbError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  let code: number = ErrorCode.UNKNOWN_EXCEPTION;
  let name = 'UNKNOWN_EXCEPTION';
  let message = text;
  // An error that went through several hands has its head and tail around it as many times.
  for (let head = headPattern.exec(message); head !== null; head = headPattern.exec(message)) {
    code = Number(head[1]);
    message = message.slice(head[0].length).replace(versionPattern, '');
    const tail = namePattern.exec(message);
    if (tail !== null) message = message.slice(0, tail.index);
    name = tail?.[1] ?? name;
    message = message.replace(versionPattern, '');
  }
  return new EngineError(code, name, message, { cause: error });
}

/** The text that ClickHouse writes into the body, with a line break at the end. */
export function printError(error: EngineError, version: string): string {
  return `Code: ${error.code}. DB::Exception: ${error.message} (${error.codeName}) (version ${version} (official build))\n`;
}

const statusByCode = new Map<number, number>();
for (const [status, codes] of [
  // BAD_ARGUMENTS, CANNOT_PARSE_*, column and AST errors, SYNTAX_ERROR, INCORRECT_DATA, TYPE_MISMATCH, out of range.
  [400, [36, 427, 6, 25, 26, 38, 41, 72, 441, 675, 676, 27, 376, 15, 44, 8, 37, 123, 167, 168, 223, 62, 117, 53, 321]],
  // UNKNOWN_TABLE, _FUNCTION, _IDENTIFIER, _TYPE, _STORAGE, _DATABASE, _SETTING, _DIRECTION_OF_SORTING, …
  [404, [60, 46, 47, 50, 56, 81, 115, 152, 63, 73, 336, 78, 511]],
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [408, [159]],
  [411, [381]],
  [413, [229]],
  [415, [779]],
  [501, [48]],
  [503, [209, 76, 439]],
] as const) {
  for (const code of codes) statusByCode.set(code, status);
}

/** The HTTP status of a ClickHouse error code; 500 for all that have none of their own. */
export function httpStatusOf(code: number): number {
  return statusByCode.get(code) ?? 500;
}
