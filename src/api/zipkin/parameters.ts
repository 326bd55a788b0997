import { AnswerError } from '../http/errors.ts';
import { Parameters } from '../http/parameters.ts';
import type { QueryString } from '../http/plugin.ts';

const DAY_MS = 86_400_000;

export function bad(message: string): AnswerError {
  return new AnswerError(400, 'bad_query', message);
}

/** `endTs` and `lookback`, in ms; without them the last day. */
export function rangeOf(query: QueryString): { readonly fromMs: number; readonly toMs: number } {
  const asked = new Parameters(query);
  const endMs = asked.number('endTs') ?? Date.now();
  const lookbackMs = asked.number('lookback') ?? DAY_MS;
  if (endMs <= 0) throw bad('endTs <= 0');
  if (lookbackMs <= 0) throw bad('lookback <= 0');
  // Zipkin's end is in the range.
  return { fromMs: Math.max(0, endMs - lookbackMs), toMs: endMs + 1 };
}

/** Of 16 or 32 hex digits. */
export function traceIdOf(text: string): string {
  if (!/^[0-9a-fA-F]{1,32}$/.test(text)) throw bad(`${text.slice(0, 40)} is no lower-hex encoded trace id`);
  return text.toLowerCase().padStart(32, '0');
}
