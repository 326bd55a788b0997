import { parseTraceql, TraceqlError } from '#lang/traceql';
import type { StoredSpan } from '#query';
import { searchTraceql } from '#query/traceql.ts';
import type { ApiRequest } from '../http/plugin.ts';
import { one } from '../shared/query-string.ts';
import { bad } from './parameters.ts';

/** Of a trace the spans that the parameter `q` finds, with all that are above them unless `keep_hierarchy` is false. */

export interface FilteredSpans {
  readonly spans: readonly StoredSpan[];
  /** What is missing. */
  readonly warning: string | undefined;
}

/** `spans`: all of a trace. Throws for anything but one filter, such as `{ status = error }`. */
export async function filteredSpans(
  { reader, query, options }: ApiRequest,
  spans: readonly StoredSpan[],
): Promise<FilteredSpans> {
  const condition = conditionOf(one(query, 'q')?.trim() ?? '');
  if (condition === '') return { spans, warning: undefined };
  const times = spans.map(({ startNs }) => startNs);
  const question = {
    query: `{ trace:id = "${spans[0]!.traceId}" && (${condition}) }`,
    startNs: times.reduce((a, b) => (b < a ? b : a)),
    endNs: times.reduce((a, b) => (b > a ? b : a)) + 1n,
    limit: 1,
    spansPerSpanSet: 0,
  };
  const set = (await searchTraceql(reader, question, options)).traces[0]?.spanSets[0];
  const found = new Set(set?.spans.map(({ spanId }) => spanId));
  const missing = (set?.matched ?? 0) - found.size;
  if (one(query, 'keep_hierarchy') !== 'false') addAncestors(found, spans);
  return {
    spans: spans.filter(({ spanId }) => found.has(spanId)),
    warning: missing > 0 ? `${missing} more spans match` : undefined,
  };
}

/** What stands between the braces; empty where that is every span. */
function conditionOf(text: string): string {
  if (text === '') return '';
  const { start, end, condition } = filterOf(text);
  const isAll =
    condition === undefined ||
    (condition.kind === 'static' && condition.value.type === 'bool' && condition.value.value);
  return isAll ? '' : text.slice(start + 1, end - 1);
}

function filterOf(text: string) {
  try {
    const { root } = parseTraceql(text);
    const only = root.kind === 'search' && root.stages.length === 1 ? root.stages[0]! : undefined;
    if (only?.kind === 'filter') return only;
  } catch (error) {
    if (!(error instanceof TraceqlError)) throw error;
    throw bad(`invalid q: ${error.message}`);
  }
  throw bad('invalid q: only a single spanset filter is supported, such as { status = error }');
}

function addAncestors(found: Set<string>, spans: readonly StoredSpan[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  for (const id of [...found]) {
    let parent = byId.get(byId.get(id)?.parentSpanId ?? '');
    while (parent !== undefined && !found.has(parent.spanId)) {
      found.add(parent.spanId);
      parent = byId.get(parent.parentSpanId);
    }
  }
}
