/** Content types of ClickHouse's output formats. */

const types: readonly (readonly [pattern: RegExp, type: string])[] = [
  [
    /^JSON(Compact|Strings|ObjectEachRow|ColumnsWithMetadata|Columns|CompactColumns|CompactStrings)?$/i,
    'application/json; charset=UTF-8',
  ],
  [/^(JSON.*|LineAsString|NDJSON|PrettyJSON.*|PrettyNDJSON)$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TabSeparated|TSV|Raw)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^(Pretty|Vertical|Values|Template|CustomSeparated|SQLInsert|Null|Prometheus)/i, 'text/plain; charset=UTF-8'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [/^Markdown$/i, 'text/markdown; charset=UTF-8'],
];

/** The Content-Type of a result in `format`. */
export function contentTypeOf(format: string): string {
  if (/^CSVWithNames/i.test(format)) return 'text/csv; charset=UTF-8; header=present';
  if (/^Prometheus$/i.test(format)) return 'text/plain; version=0.0.4; charset=UTF-8';
  return types.find(([pattern]) => pattern.test(format))?.[1] ?? 'application/octet-stream';
}
