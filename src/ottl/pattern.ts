import { messageOf } from '#base';
import { Pattern } from '#lang/pattern';
import type { Reader } from './expression.ts';
import type { Place } from './place.ts';
import { EvaluationError } from './values.ts';

/** Patterns that an item brings along are remembered: so many of the last. */
const REMEMBERED_LIMIT = 64;

function compiled(name: string, source: string): Pattern {
  try {
    return new Pattern(source);
  } catch (error) {
    throw new EvaluationError(`the pattern "${source.slice(0, 80)}" of ${name} is not valid: ${messageOf(error)}`);
  }
}

/** The pattern of an argument: compiled once where it is written in the statement. */
export function patternReader(name: string, reader: Reader<string>): (at: Place) => Pattern {
  if (reader.literal !== undefined) {
    const pattern = compiled(name, reader.literal);
    return () => pattern;
  }
  const patterns = new Map<string, Pattern>();
  return (at) => {
    const source = reader.get(at);
    let pattern = patterns.get(source);
    if (pattern === undefined) {
      pattern = compiled(name, source);
      if (patterns.size >= REMEMBERED_LIMIT) patterns.clear();
      patterns.set(source, pattern);
    }
    return pattern;
  };
}
