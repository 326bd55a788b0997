/** An editor of one statement in SQL: coloured, with views, columns and functions completed, and a mark under a mistake. */
import { SQLDialect, type SQLNamespace, sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, type Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';
import { useEffect, useMemo, useRef } from 'react';
import type { ApiFailure } from '../../lib/api.ts';
import type { SqlSchema } from '../../lib/sql.ts';
import { type EditorMark, habitsOf, useEditor } from '../editor/use-editor.ts';

interface SqlEditorProps {
  readonly value: string;
  readonly schema: SqlSchema | undefined;
  readonly error: ApiFailure | undefined;
  readonly onChange: (value: string) => void;
  readonly onRun: (value: string) => void;
}

export function SqlEditor(props: SqlEditorProps) {
  const { value, schema, error } = props;
  const latest = useRef(props);
  latest.current = props;
  const language = useRef(new Compartment());
  const marks = useMemo(() => marksOf(error, value), [error, value]);
  const extensions = (): Extension => [
    habitsOf({
      label: 'SQL statement',
      hint: 'SELECT service, count() FROM spans WHERE time > now() - INTERVAL 1 HOUR GROUP BY service',
      onRun: (text) => latest.current.onRun(text),
      onChange: (text) => latest.current.onChange(text),
    }),
    language.current.of(languageOf(latest.current.schema)),
    syntaxHighlighting(COLOURS),
  ];
  const { box, view } = useEditor({ value, marks, extensions });

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(languageOf(schema)) });
  }, [schema, view]);

  return <div className="promql-editor sql-editor" ref={box} />;
}

/** Of a mistake that is said of this text; what was changed since has none. */
function marksOf(error: ApiFailure | undefined, value: string): readonly EditorMark[] {
  const { start, end, query, message } = error ?? {};
  if (start === undefined || query !== value || value === '') return [];
  return [{ level: 'error', text: message ?? '', start, end: end ?? start + 1 }];
}

function languageOf(schema: SqlSchema | undefined): Extension {
  const namespace: Record<string, SQLNamespace> = {};
  for (const { name, text, columns } of schema?.views ?? []) {
    namespace[name] = {
      self: { label: name, type: 'table', detail: text },
      children: columns.map((column) => ({ label: column.name, type: 'column', detail: column.text })),
    };
  }
  for (const name of schema?.exporterViews ?? []) namespace[name] = [];
  return sql({ dialect: DIALECT, schema: namespace, defaultTable: 'spans', upperCaseKeywords: true });
}

/** ClickHouse's words that queries of telemetry take. */
const DIALECT = SQLDialect.define({
  keywords:
    'all and any array as asc between by case cross desc describe distinct else end exists explain format from full global group having ' +
    'ilike in inner intersect interval is join left like limit not null offset on or order outer over partition prewhere qualify right ' +
    'sample select show tables then totals union using when where window with second minute hour day week month',
  builtin:
    'any anyLast argMax argMin arrayJoin arrayMap avg avgIf coalesce concat count countIf empty endsWith formatReadableSize greatest ' +
    'groupArray groupUniqArray has if ifNull intDiv least length like lower mapContains mapKeys mapValues match max maxIf min minIf ' +
    'multiIf notEmpty now quantile quantileArray quantiles replaceRegexpAll round splitByChar startsWith substring sum sumIf toDate ' +
    'toDateTime toFloat64OrNull toStartOfFiveMinutes toStartOfHour toStartOfInterval toStartOfMinute toString toUInt64OrNull topK uniq ' +
    'uniqExact upper',
  types: 'Array Bool Date DateTime DateTime64 Float64 Int64 LowCardinality Map Nullable String Tuple UInt64 UInt8',
  backslashEscapes: true,
  identifierQuotes: '`"',
  operatorChars: '*+-%<>!=/|',
});

/** The classes are coloured in styles/promql.css, for both themes. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.typeName], class: 'pq-word' },
  { tag: tags.standard(tags.name), class: 'pq-metric' },
  { tag: [tags.string, tags.number, tags.bool, tags.null], class: 'pq-value' },
  { tag: [tags.operator, tags.paren, tags.squareBracket, tags.brace], class: 'pq-sign' },
  { tag: tags.comment, class: 'pq-comment' },
]);
