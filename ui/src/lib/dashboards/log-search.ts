/** What the page of logs can find of what a query in LogQL asks for. */
import { parseLogql } from '#lang/logql';
import type { ConsoleSearch } from '../search.ts';

/** The service that the selector names, and the texts that lines must have. What the filter of that page can't say is left out. */
export function logSearchOf(text: string): ConsoleSearch {
  try {
    const expr = parseLogql(text);
    if (expr.kind !== 'logs') return {};
    const service = expr.matchers.find(({ name, operator }) => name === 'service_name' && operator === '=')?.value;
    const words = expr.stages.flatMap((stage) =>
      stage.kind === 'line' && stage.operator === '|=' && stage.terms.length === 1
        ? [JSON.stringify(stage.terms[0]!.value)]
        : [],
    );
    return { ...(service === undefined ? {} : { service }), ...(words.length === 0 ? {} : { q: words.join(' ') }) };
  } catch {
    // What can't be read has no lines either.
    return {};
  }
}
