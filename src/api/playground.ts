import type { OttlQuestion, OttlResponse, OttlWordsResponse } from './console/live-types.ts';

/** What came of a question, or what is wrong: with its place, where it is in the statements. */
export type OttlOutcome =
  | { readonly answer: OttlResponse }
  | { readonly error: string; readonly hint?: string; readonly start?: number; readonly end?: number };

/** Runs statements in OTTL that people try, within limits of its own. Comes with the server's options: this layer knows nothing of OTTL. */
export interface OttlPlayground {
  run(question: OttlQuestion): Promise<OttlOutcome>;
  /** Undefined where there is no such context. */
  words(context: string): Promise<OttlWordsResponse | undefined>;
  close(): void;
}
