import { GONE_COLLECTOR_METRICS } from '#lang';
import { type Companion, placeIn } from '../with/companion.ts';
import { promqlUse } from '../with/promql-use.ts';
import type { Change } from './change.ts';
import type { Fixed } from './fix.ts';

/** Rules and dashboards that ask for metrics which are gone, with those that tell the same today. Nothing else of the file changes. */
export function fixCompanion({ file, text, expressions }: Companion): Fixed {
  const changes: Change[] = [];
  let fixed = text;
  for (const expression of expressions) {
    for (const { name, from } of promqlUse(expression.text).selectors) {
      const gone = [...GONE_COLLECTOR_METRICS].find(([begin]) => name?.startsWith(begin));
      if (name === undefined || gone === undefined) continue;
      const today = `${gone[1]}${name.slice(gone[0].length)}`;
      // A name of the collector's own means nothing else, wherever it stands.
      fixed = fixed.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), today);
      const message = `"${expression.owner}": ${name} is gone since 0.110; ${today} counts what is lost`;
      changes.push({ kind: 'advice', message, place: { ...placeIn(expression, from), file } });
    }
  }
  return { text: fixed, changes };
}

/** Whether an expression asks for the collector's own metrics. */
export function asksForOwnMetrics(companions: readonly Companion[]): boolean {
  return companions.some(({ expressions }) =>
    expressions.some(({ text }) => promqlUse(text).selectors.some(({ name }) => name?.startsWith('otelcol_') === true)),
  );
}
