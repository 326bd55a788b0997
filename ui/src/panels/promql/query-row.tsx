/** One of the queries of the page: its letter, its editor, how its lines are called, and what is said about it. */
import type { PrometheusClient } from '@prometheus-io/codemirror-promql';
import { useEffect, useMemo, useState } from 'react';
import { ALL_OF_PROMQL, formatPromql, parsePromql } from '#lang/promql';
import { visibleText } from '../../lib/foreign-text.ts';
import type { Note } from '../../lib/promql/notes.ts';
import type { Mistake, Query } from '../../lib/promql/queries.ts';
import { Icon } from '../../widgets/icons.tsx';
import type { EditorMark } from '../editor/use-editor.ts';
import { PromqlEditor } from './editor.tsx';

interface QueryRowProps {
  readonly query: Query;
  /** What stands in the editor, which may not have been asked yet. */
  readonly draft: string;
  readonly client: PrometheusClient;
  /** What is wrong with the draft. */
  readonly mistake: Mistake | undefined;
  /** What the answer says about the query's text. */
  readonly notes: readonly Note[];
  /** Why there is no data is said where the chart would be. */
  readonly isSaidBelow: boolean;
  /** Another one puts the cursor into the editor. */
  readonly focus: object | undefined;
  readonly isAlone: boolean;
  /** In few words what came; undefined while nothing was asked. */
  readonly result: string | undefined;
  readonly onDraft: (text: string) => void;
  readonly onRun: (text: string) => void;
  readonly onFocus: () => void;
  readonly onLegend: (legend: string) => void;
  readonly onHide: () => void;
  readonly onRemove: () => void;
}

/** So long after the last key it is judged what stands there. */
const SETTLE_MS = 600;

function useSettled<T>(value: T): T | undefined {
  const [settled, setSettled] = useState<T | undefined>(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), SETTLE_MS);
    return () => window.clearTimeout(timer);
  }, [value]);
  return settled === value ? settled : undefined;
}

export function QueryRow(props: QueryRowProps) {
  const { query, draft, mistake, notes, isAlone } = props;
  const name = query.letter.toUpperCase();
  const isSettled = useSettled(draft) !== undefined;
  const isAsked = draft === query.text;
  const shownMistake = draft.trim() !== '' && (isSettled || isAsked) ? mistake : undefined;
  const marks = useMemo<readonly EditorMark[]>(() => {
    if (shownMistake !== undefined) return [{ level: 'error', text: shownMistake.message, ...placeOf(shownMistake) }];
    if (!isAsked) return [];
    return notes.flatMap(({ level, text, start, end }) =>
      start === undefined || end === undefined ? [] : [{ level, text, start, end }],
    );
  }, [shownMistake, notes, isAsked]);
  const pretty = useMemo(
    () => (mistake === undefined && draft.trim() !== '' ? prettyOf(draft) : undefined),
    [mistake, draft],
  );
  return (
    <li className={query.isHidden ? 'promql-row off' : 'promql-row'} data-testid={`query-${name}`}>
      <div className="promql-line">
        <button
          type="button"
          className={query.isHidden ? 'promql-letter' : 'promql-letter on'}
          aria-pressed={!query.isHidden}
          aria-label={query.isHidden ? `Show query ${name}` : `Hide query ${name}`}
          title={query.isHidden ? `Show ${name}` : `Hide ${name}; others may still use it`}
          onClick={props.onHide}
        >
          {name}
        </button>
        <div className={shownMistake ? 'promql-field invalid' : 'promql-field'}>
          <PromqlEditor
            label={`Query ${name} in PromQL`}
            value={draft}
            hint="An expression in PromQL"
            client={props.client}
            marks={marks}
            focus={props.focus}
            onChange={props.onDraft}
            onRun={props.onRun}
            onFocus={props.onFocus}
          />
        </div>
        {isAsked || draft.trim() === '' ? null : (
          <button
            type="button"
            className="button primary"
            title="Run ( Enter, or Ctrl Enter )"
            onClick={() => props.onRun(draft)}
          >
            Run
          </button>
        )}
        <div className="promql-tools">
          {pretty === undefined || pretty === draft ? null : (
            <button
              type="button"
              className="button icon quiet"
              aria-label={`Format query ${name}`}
              title="Format: break it into lines"
              onClick={() => props.onDraft(pretty)}
            >
              <Icon name="wrap" size={14} />
            </button>
          )}
          {isAlone && draft === '' ? null : (
            <button
              type="button"
              className="button icon quiet"
              aria-label={isAlone ? `Clear query ${name}` : `Remove query ${name}`}
              title={isAlone ? 'Clear' : `Remove ${name}`}
              onClick={props.onRemove}
            >
              <Icon name="close" size={14} />
            </button>
          )}
        </div>
      </div>
      {draft.trim() === '' ? null : (
        <div className="promql-below">
          <LegendField name={name} value={query.legend} onChange={props.onLegend} />
          {shownMistake ? (
            <span className="promql-note error" role="alert">
              {visibleText(shownMistake.message)}
            </span>
          ) : props.result ? (
            <span className="muted">{props.result}</span>
          ) : null}
        </div>
      )}
      {shownMistake || !isAsked ? null : (
        <Notes notes={props.isSaidBelow ? notes.filter(({ text }) => !text.startsWith(NO_DATA)) : notes} />
      )}
    </li>
  );
}

function placeOf({ start, end }: Mistake): { readonly start: number; readonly end: number } {
  return { start, end };
}

/** undefined where it can't be read, which is said elsewhere. */
function prettyOf(text: string): string | undefined {
  try {
    return formatPromql(parsePromql(text, ALL_OF_PROMQL));
  } catch {
    return undefined;
  }
}

function LegendField({
  name,
  value,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly onChange: (legend: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const done = (): void => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <label className="promql-legend">
      <span className="muted">legend</span>
      <input
        className="input mono"
        aria-label={`Legend of query ${name}`}
        placeholder="{{label}}"
        title="What its lines are called: {{label}} is the value of a label. Empty: the labels that differ"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === 'Enter') done();
          else if (event.key === 'Escape') setText(value);
        }}
      />
    </label>
  );
}

/** As the server begins the info that says why. */
const NO_DATA = 'no data: ';

/** Few are read; the rest is counted. */
const SHOWN_NOTES = 4;

function Notes({ notes }: { readonly notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="promql-notes">
      {notes.slice(0, SHOWN_NOTES).map(({ level, text, start }) => (
        <li key={`${level}${start}${text}`} className={`promql-note ${level}`}>
          <Icon name={level === 'info' ? 'help' : 'warning'} size={13} />
          <span>{visibleText(text)}</span>
        </li>
      ))}
      {notes.length > SHOWN_NOTES ? <li className="muted">and {notes.length - SHOWN_NOTES} more</li> : null}
    </ul>
  );
}
