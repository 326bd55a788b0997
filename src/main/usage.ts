import { nearest, StartError } from '#base';

/** The command line itself is wrong: nothing was started. Ends with exit code 2. */
export class UsageError extends StartError {
  override name = 'UsageError';
}

/** ` (did you mean --config?)`, or nothing where no candidate is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}
