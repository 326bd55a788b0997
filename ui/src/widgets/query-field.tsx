/**
 * The query of a page as one line of text: in the filter language, or in TraceQL or LogQL, which it knows by how they begin. Coloured by its
 * parts, completed from the data, with history when empty, and with the parser's error under the characters that caused it. `/` focuses it,
 * Enter asks, Escape leaves.
 */

import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { queryLanguage } from '#lang/filter';
import { type Completion, useCompletions } from '../lib/completions.ts';
import type { TextPart } from '../lib/filter-text.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { addToHistory, readHistory } from '../lib/history.ts';
import { useKeys } from '../lib/keys.ts';
import type { QueryPlace } from '../lib/languages/language-text.ts';
import { useLanguageText } from '../lib/languages/use-language.ts';
import { Icon } from './icons.tsx';

export interface QueryError {
  readonly message: string;
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly hint?: string | undefined;
}

interface QueryFieldProps {
  /** Names the history and the completion's data. */
  readonly page: 'traces' | 'logs' | 'metrics';
  readonly value: string;
  readonly placeholder: string;
  readonly error?: QueryError | undefined;
  readonly onSubmit: (value: string) => void;
}

export function QueryField({ page, value, placeholder, error, onSubmit }: QueryFieldProps) {
  const [text, setText] = useState(value);
  const [cursor, setCursor] = useState(value.length);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [refused, setRefused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const backdrop = useRef<HTMLDivElement>(null);
  const listId = useId();
  useEffect(() => setText(value), [value]);
  useKeys([{ keys: '/', help: 'Go to the query field', group: 'Page', run: () => input.current?.focus() }]);

  const language = queryLanguage(text, page);
  const reading = useLanguageText(language);
  const place = useMemo<QueryPlace>(
    () => reading?.place(text, cursor) ?? { kind: 'word', prefix: '', start: cursor, end: cursor },
    [reading, text, cursor],
  );
  const completions = useCompletions({ signal: page, language, place, open: open && reading !== undefined });
  const history = useMemo<readonly Completion[]>(
    () =>
      open && text.trim() === ''
        ? readHistory(page)
            .slice(0, 6)
            .map((entry) => ({ text: entry, note: 'recent', whole: true }))
        : [],
    [open, text, page],
  );
  const options = [...history, ...completions];
  const mistake = useMemo(() => reading?.mistake(text, page), [reading, text, page]);
  // What stands under the cursor is being typed; it is judged when the cursor leaves it or on Enter.
  const typing = open && mistake !== undefined && cursor >= mistake.start && cursor <= mistake.end;
  const shownError = error && text === value ? error : typing && !refused ? undefined : mistake;

  const submit = (query: string): void => {
    // A query that can't be read is not asked: what is on the screen stays.
    if (queryLanguage(query, page) === language && reading?.mistake(query, page)) {
      setRefused(true);
      setOpen(false);
      return;
    }
    addToHistory(page, query.trim());
    setOpen(false);
    setActive(-1);
    onSubmit(query.trim());
  };
  const choose = (option: Completion): void => {
    if (option.whole) {
      setText(option.text);
      submit(option.text);
      return;
    }
    // A finished value makes room for the next term; a key goes on with its operator.
    const inserted = place.kind === 'value' && language !== 'logql' ? `${option.text} ` : option.text;
    const next = text.slice(0, place.start) + inserted + text.slice(place.end).replace(/^ /, '');
    const at = place.start + inserted.length;
    // The input takes the new text at once: what is typed next stands behind it.
    flushSync(() => {
      setText(next);
      setCursor(at);
      setActive(-1);
    });
    input.current?.setSelectionRange(at, at);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const by = event.key === 'ArrowDown' ? 1 : -1;
      setOpen(true);
      setActive((at) => Math.max(-1, Math.min(options.length - 1, at + by)));
    } else if (event.key === 'Enter' || (event.key === 'Tab' && open && active >= 0)) {
      const option = open ? options[active] : undefined;
      if (option) choose(option);
      else submit(text);
    } else if (event.key === 'Escape') {
      if (open) setOpen(false);
      else input.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const syncScroll = (): void => {
    if (backdrop.current && input.current) backdrop.current.scrollLeft = input.current.scrollLeft;
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: watches the focus of what is inside
    <div
      className={shownError ? 'query invalid' : 'query'}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return;
        setOpen(false);
        if (text.trim() !== value) submit(text);
      }}
    >
      <Icon name="search" size={14} />
      <div className="query-line">
        <div className="query-backdrop mono" ref={backdrop} aria-hidden="true">
          <Highlighted text={text} parts={reading?.parts(text) ?? []} error={shownError} />
        </div>
        <input
          ref={input}
          className="query-input mono"
          role="combobox"
          aria-label="Query"
          aria-expanded={open && options.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-invalid={shownError !== undefined}
          aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setCursor(event.target.selectionStart ?? event.target.value.length);
            setOpen(true);
            setActive(-1);
            setRefused(false);
          }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => setOpen(true)}
          onScroll={syncScroll}
          onKeyUp={syncScroll}
          onKeyDown={onKeyDown}
        />
      </div>
      {text === '' ? (
        <kbd>/</kbd>
      ) : (
        <button
          type="button"
          className="query-clear"
          aria-label="Clear the query"
          onClick={() => {
            setText('');
            submit('');
          }}
        >
          <Icon name="close" size={12} />
        </button>
      )}
      {shownError && !open ? (
        <div className="query-error">
          {shownError.message}
          {shownError.hint ? <span className="query-hint">{shownError.hint}</span> : null}
        </div>
      ) : null}
      {open && options.length > 0 ? (
        <div className="popover query-options" role="listbox" id={listId}>
          {options.map((option, i) => (
            <button
              type="button"
              role="option"
              id={`${listId}-${i}`}
              tabIndex={-1}
              key={`${option.note}:${option.text}`}
              aria-selected={i === active}
              className={i === active ? 'menu-item active' : 'menu-item'}
              // The field must keep the focus, or it would close the list before the click.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              <span className="mono truncate" title={visibleText(option.text)}>
                {visibleText(option.text)}
              </span>
              <span className="muted">{option.note}</span>
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}

interface HighlightedProps {
  readonly text: string;
  readonly parts: readonly TextPart[];
  readonly error: QueryError | undefined;
}

/** The text in colours, with a wavy line under the range of an error. */
function Highlighted({ text, parts, error }: HighlightedProps) {
  // Of a language that has not come yet it is one part.
  const tokens: readonly TextPart[] = parts.length > 0 ? parts : [{ kind: 'word', start: 0, end: text.length }];
  const start = error?.start ?? -1;
  const end = Math.max(error?.end ?? start + 1, start + 1);
  return (
    <>
      {tokens.map((token) => (
        <span
          key={token.start}
          className={`q-${token.kind}${start >= 0 && token.start < end && token.end > start ? ' q-error' : ''}`}
        >
          {text.slice(token.start, token.end)}
        </span>
      ))}
      {start >= text.length ? <span className="q-error"> </span> : null}
    </>
  );
}
