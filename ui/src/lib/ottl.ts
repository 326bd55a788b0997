/** Trying statements: the question to the server, the sample between two pages, and what a word under the cursor can become. */
import type { OttlQuestion, OttlResponse, OttlWordsResponse, TapItemAnswer } from '#api/types.ts';
import { ApiFailure, failureOf } from './api.ts';

/** Throws an ApiFailure, which has the place of a mistake. */
export async function tryStatements(question: OttlQuestion, signal: AbortSignal): Promise<OttlResponse> {
  let response: Response;
  try {
    response = await fetch('/api/console/ottl', { method: 'POST', body: JSON.stringify(question), signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiFailure({ code: 'unreachable', message: 'the server does not answer' }, 0);
  }
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as OttlResponse;
}

/** An item of a tap, on its way to the other page; lives as long as the tab. */
const SAMPLE_KEY = 'signalbox.ottl.sample';

export interface TappedSample {
  readonly at: string;
  readonly signal: TapItemAnswer['signal'];
  readonly fields: TapItemAnswer['fields'];
}

export function keepSample(sample: TappedSample): void {
  try {
    sessionStorage.setItem(SAMPLE_KEY, JSON.stringify(sample));
  } catch {
    // A browser that keeps nothing has no sample on the other page.
  }
}

export function keptSample(): TappedSample | undefined {
  try {
    const text = sessionStorage.getItem(SAMPLE_KEY);
    return text === null ? undefined : (JSON.parse(text) as TappedSample);
  } catch {
    return undefined;
  }
}

export function forgetSample(): void {
  try {
    sessionStorage.removeItem(SAMPLE_KEY);
  } catch {
    // Nothing is kept.
  }
}

export interface Suggestion {
  /** What takes the word's place. */
  readonly text: string;
  readonly note: string;
}

const SUGGESTIONS_LIMIT = 8;
const WORD = /[\w.]*$/;

/** Where the word that ends at the cursor begins, and what it can become. */
export function suggest(
  text: string,
  cursor: number,
  words: OttlWordsResponse | undefined,
): { readonly start: number; readonly suggestions: readonly Suggestion[] } {
  const before = text.slice(0, cursor);
  const word = WORD.exec(before)?.[0] ?? '';
  const start = cursor - word.length;
  // Within quotes nothing is a name.
  const isQuoted = (before.slice(before.lastIndexOf('\n') + 1).match(/(?<!\\)"/g) ?? []).length % 2 === 1;
  if (words === undefined || word === '' || isQuoted) return { start, suggestions: [] };
  const isFirst = before.slice(0, start).trimEnd() === '' || /\n$/.test(before.slice(0, start));
  const small = word.toLowerCase();
  const all: Suggestion[] = [
    ...words.functions
      .filter((one) => one.isEditor === isFirst)
      .map((one) => ({ text: `${one.name}(`, note: one.signature })),
    ...(isFirst ? [] : words.paths.map((path) => ({ text: path, note: 'path' }))),
    ...(isFirst ? [] : words.enums.map((name) => ({ text: name, note: 'enum' }))),
  ];
  const suggestions = all
    .filter((one) => one.text.toLowerCase().includes(small) && one.text !== word)
    .toSorted((a, b) => Number(b.text.toLowerCase().startsWith(small)) - Number(a.text.toLowerCase().startsWith(small)))
    .slice(0, SUGGESTIONS_LIMIT);
  return { start, suggestions };
}
