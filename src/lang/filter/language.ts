/** In which language a text of a query field is: the filter language, or the one of its signal that others have. */
import type { FilterSignal } from './fields.ts';

export type QueryLanguage = 'filter' | 'traceql' | 'logql';

/** A query in TraceQL begins with a set of spans. */
const SPANSET = /^[\s(]*\{/;
/** In LogQL a selector comes first, or what is made of the lines that one selects. */
const SELECTOR = /^\s*\{/;
const OF_LINES = new RegExp(
  String.raw`^[\s(]*(?:sum|avg|min|max|count|stddev|stdvar|topk|bottomk|approx_topk|sort|sort_desc|vector|label_replace` +
    String.raw`|rate|rate_counter|bytes_rate|(?:count|bytes|absent|sum|avg|min|max|first|last|stddev|stdvar|quantile)_over_time)\b` +
    String.raw`\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\(`,
);

/** A filter has no brace in front, and nothing that is called. */
export function queryLanguage(text: string, signal: FilterSignal): QueryLanguage {
  if (signal === 'traces' && SPANSET.test(text)) return 'traceql';
  return signal === 'logs' && (SELECTOR.test(text) || OF_LINES.test(text)) ? 'logql' : 'filter';
}

const SERIES_OF_SPANS = /\|\s*(?:rate|count_over_time|(?:min|max|sum|avg|quantile|histogram)_over_time|compare)\s*\(/;
const QUOTED = /"(?:[^"\\]|\\.)*"|`[^`]*`/g;

/** Whether what a query finds are series, to be drawn, and not traces or lines. */
export function isSeriesQuery(text: string, signal: FilterSignal): boolean {
  const language = queryLanguage(text, signal);
  if (language === 'traceql') return SERIES_OF_SPANS.test(text.replaceAll(QUOTED, '""'));
  return language === 'logql' && !SELECTOR.test(text);
}
