/** Metrics in PromQL: several queries, arithmetic between them, one chart or table of all. The address holds all of it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useAnnouncement } from '../../lib/announce.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { plural } from '../../lib/format.ts';
import { chooseStep, type QueryAnswer } from '../../lib/frames/promql.ts';
import { addToHistory } from '../../lib/history.ts';
import { useKeys } from '../../lib/keys.ts';
import { useLinks } from '../../lib/links.ts';
import { usePageSearch } from '../../lib/page-search.ts';
import type { PromExemplars, PromResult, PromSeries } from '../../lib/prometheus.ts';
import { CompletionClient } from '../../lib/promql/completion-client.ts';
import { type Note, noteOf } from '../../lib/promql/notes.ts';
import { expandQuery, isMistake, type Query, readQueries, writeQueries } from '../../lib/promql/queries.ts';
import { unitOfQuery } from '../../lib/promql/unit.ts';
import { useScope } from '../../lib/scope.tsx';
import { type MetricsView, QUERY_LETTERS, type QueryLetter } from '../../lib/search.ts';
import { useSize } from '../../widgets/canvas.tsx';
import { Icon } from '../../widgets/icons.tsx';
import { Segmented } from '../../widgets/segmented.tsx';
import { To } from '../../widgets/to.tsx';
import { ExplainView } from './explain-view.tsx';
import { HistoryMenu, PROMQL_HISTORY } from './history-menu.tsx';
import { InstantTable } from './instant-table.tsx';
import { NoSeries } from './no-series.tsx';
import { PromqlChart } from './promql-chart.tsx';
import { PromqlStart } from './promql-start.tsx';
import { QueryRow } from './query-row.tsx';
import { type Answered, type Asked, useAnswers } from './use-answers.ts';
import '../../styles/promql.css';

/** More series of a query are not asked for. */
const SERIES_LIMIT = 1000;

/** `takesFocus`: the cursor goes into the first editor when it opens. */
export default function PromqlPanel({ takesFocus = false }: { readonly takesFocus?: boolean }) {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const scope = useScope();
  const [drafts, setDrafts] = useState<Drafts>({});
  /** Queries that were added and have no text yet: an address holds none of them. */
  const [added, setAdded] = useState<readonly QueryLetter[]>([]);
  /** The editor that was used last; a new object puts the cursor into it. */
  const [focused, setFocused] = useState<{ readonly letter: QueryLetter } | undefined>(() =>
    takesFocus ? { letter: readQueries(search)[0]!.letter } : undefined,
  );
  const used = focused?.letter;
  const queries = useMemo(() => withAdded(readQueries(search), added), [search, added]);
  const current = useRef({ queries, drafts, scope });
  current.current = { queries, drafts, scope };
  const client = useMemo(() => new CompletionClient(() => current.current.scope), []);

  const write = useCallback(
    (next: readonly Query[], replace = false) => update({ ...writeQueries(next), promql: true }, replace),
    [update],
  );
  const run = useCallback(
    (letter?: QueryLetter, text?: string): void => {
      const given = { ...current.current.drafts, ...(letter === undefined ? {} : { [letter]: text ?? '' }) };
      const next = current.current.queries.map((query) => ({
        ...query,
        text: (given[query.letter] ?? query.text).trim(),
      }));
      for (const query of next)
        if (query.letter === letter || given[query.letter] !== undefined) addToHistory(PROMQL_HISTORY, query.text);
      setDrafts(given);
      const isSame = next.every(({ text: asked }, i) => asked === current.current.queries[i]!.text);
      if (isSame) current.current.scope.refresh();
      else write(next);
    },
    [write],
  );
  // What the address says anew, by running or by going back, is the last word.
  const inAddress = useRef(search);
  useEffect(() => {
    const before = inAddress.current;
    inAddress.current = search;
    const changed = QUERY_LETTERS.filter((letter) => before[letter] !== search[letter]);
    if (changed.length > 0)
      setDrafts((all) => ({ ...all, ...Object.fromEntries(changed.map((letter) => [letter, undefined])) }));
  }, [search]);
  const setDraft = (letter: QueryLetter, text: string): void => setDrafts((all) => ({ ...all, [letter]: text }));
  const change = (letter: QueryLetter, part: Partial<Query>): void =>
    write(
      queries.map((query) => (query.letter === letter ? { ...query, ...part } : query)),
      true,
    );
  const free = QUERY_LETTERS.find((letter) => !queries.some((query) => query.letter === letter));
  const add = (): void => {
    if (free === undefined) return;
    setAdded((all) => [...all, free]);
    setFocused({ letter: free });
  };
  const remove = (letter: QueryLetter): void => {
    setAdded((all) => all.filter((each) => each !== letter));
    setDrafts(({ [letter]: _gone, ...others }) => others);
    write(queries.filter((query) => query.letter !== letter));
  };
  useKeys([
    { keys: '/', help: 'Go to the query field', group: 'Page', run: () => setFocused({ letter: queries[0]!.letter }) },
    {
      keys: 'x',
      help: 'Draw exemplars or not',
      group: 'Metrics',
      run: () => update({ exemplars: !hasExemplars }, true),
    },
  ]);

  const drafted = useMemo(
    () => queries.map((query) => ({ ...query, text: drafts[query.letter] ?? query.text })),
    [queries, drafts],
  );
  const mistakes = useMemo(
    () =>
      drafted.map(({ letter, text }) => {
        if (text.trim() === '') return undefined;
        const expanded = expandQuery(drafted, letter);
        return isMistake(expanded) ? expanded : undefined;
      }),
    [drafted],
  );
  const asked = useMemo(
    () =>
      queries.flatMap((query): Asked[] => {
        if (query.text === '' || query.isHidden) return [];
        const expanded = expandQuery(queries, query.letter);
        return isMistake(expanded) ? [] : [{ query, expanded }];
      }),
    [queries],
  );

  const page = useRef<HTMLDivElement>(null);
  const { width } = useSize(page, { width: window.innerWidth, height: 0 });
  const grid = useMemo(
    () => chooseStep(scope.fromMs, scope.toMs, Math.round(width / 100) * 100),
    [scope.fromMs, scope.toMs, width],
  );
  const view = search.view ?? 'chart';
  const overTime = useAnswers<PromResult>(view === 'chart' ? asked : NONE, '/query_range', ...rangeOf(grid));
  const atEnd = useAnswers<PromResult>(view === 'table' ? asked : NONE, '/query', { time: scope.toMs / 1000 }, LIMITED);
  const [times, form] = rangeOf(grid);
  const explained = useAnswers<PromResult>(view === 'explain' ? asked : NONE, '/query_range', times, {
    ...form,
    explain: 1,
  });
  const answered = { chart: overTime, table: atEnd, explain: explained }[view];
  const hasExemplars =
    search.exemplars ?? asked.some(({ expanded }) => /\bhistogram_(?:quantile|avg)\b/.test(expanded.text));
  const exemplars = useAnswers<readonly PromExemplars[]>(
    hasExemplars && view === 'chart' ? asked : NONE,
    '/query_exemplars',
    { start: scope.fromMs / 1000, end: scope.toMs / 1000 },
  );

  const notes = useMemo(() => answered.flatMap(notesOf), [answered]);
  const answers = useMemo(
    () =>
      answered.flatMap(({ asked: { query, expanded }, answer }): QueryAnswer[] =>
        answer === undefined ? [] : [{ query, series: seriesOf(answer.data), unit: unitOfQuery(expanded.text) }],
      ),
    [answered],
  );
  const found = useMemo(() => exemplars.flatMap(({ answer }) => answer?.data ?? []), [exemplars]);
  const isStale = answered.some((each) => each.isStale);
  const isWaiting = answered.length > 0 && answers.length === 0 && answered.some(({ isLoading }) => isLoading);
  const seriesCount = answers.reduce((sum, { series }) => sum + series.length, 0);
  useAnnouncement(
    answers.length > 0 && !isStale ? plural(seriesCount, 'series', 'series') : undefined,
    asked.map(({ expanded }) => expanded.text),
  );
  return (
    <div className="promql-page page-scroll" ref={page}>
      <ol className="promql-queries" aria-label="Queries">
        {queries.map((query, i) => (
          <QueryRow
            key={query.letter}
            query={query}
            draft={drafts[query.letter] ?? query.text}
            client={client}
            mistake={mistakes[i]}
            notes={notes.filter(({ letter }) => letter === query.letter)}
            isSaidBelow={seriesCount === 0}
            result={resultText(answered.find(({ asked: { query: own } }) => own.letter === query.letter))}
            focus={used === query.letter ? focused : undefined}
            isAlone={queries.length === 1}
            onDraft={(text) => setDraft(query.letter, text)}
            onRun={(text) => run(query.letter, text)}
            onFocus={() =>
              setFocused((before) => (before?.letter === query.letter ? before : { letter: query.letter }))
            }
            onLegend={(legend) => change(query.letter, { legend })}
            onHide={() => change(query.letter, { isHidden: !query.isHidden })}
            onRemove={() => remove(query.letter)}
          />
        ))}
      </ol>
      <div className="toolbar promql-toolbar">
        <button type="button" className="button" disabled={free === undefined} onClick={add}>
          <Icon name="include" size={13} /> Query
        </button>
        <HistoryMenu
          onChoose={(text) =>
            run(used ?? queries.find((query) => query.text === '')?.letter ?? queries[0]!.letter, text)
          }
        />
        {queries.length > 1 ? (
          <span className="muted promql-hint">
            {queries[0]!.letter.toUpperCase()} / {queries[1]!.letter.toUpperCase()} in a query divides one by the other
          </span>
        ) : null}
        <span className="spacer" />
        {asked[0] === undefined ? null : (
          <To
            target={links.alerts({ a: asked[0].expanded.text })}
            className="button"
            title="Makes a rule that alerts of this"
          >
            New rule
          </To>
        )}
        <button
          type="button"
          className={hasExemplars ? 'button on' : 'button'}
          aria-pressed={hasExemplars}
          disabled={view !== 'chart'}
          title="Draws exemplars as squares, which open their traces ( x )"
          onClick={() => update({ exemplars: !hasExemplars }, true)}
        >
          Exemplars
        </button>
        <Segmented label="Show as" value={view} options={VIEWS} onChange={(to) => update({ view: viewOf(to) })} />
      </div>
      {scope.environment === undefined ? null : (
        <p className="muted promql-scope">
          The environment does not narrow what is asked in PromQL: write{' '}
          <code>{`{deployment_environment_name=${JSON.stringify(visibleText(scope.environment))}}`}</code>.
        </p>
      )}
      {asked.length === 0 ? (
        queries.every(({ text }) => text === '') ? (
          <PromqlStart onChoose={(text) => run(queries[0]!.letter, text)} />
        ) : null
      ) : isWaiting ? (
        <div className="state">
          <span className="state-wait">Loading {asked.length === 1 ? 'the query' : 'the queries'}…</span>
        </div>
      ) : view === 'explain' && answers.length > 0 ? (
        <div className={isStale ? 'stale' : 'fresh'}>
          <ExplainView answered={answered} />
        </div>
      ) : seriesCount === 0 ? (
        <NoSeries queries={queries} answered={answered} onRepair={({ letter, text }) => run(letter, text)} />
      ) : (
        <div className={isStale ? 'stale' : 'fresh'}>
          {view === 'chart' ? (
            <PromqlChart answers={answers} grid={grid} exemplars={found} isWithExemplars={hasExemplars} />
          ) : (
            <InstantTable answers={answers} timeMs={scope.toMs} />
          )}
        </div>
      )}
    </div>
  );
}

/** What stands in the editors and was not asked. */
type Drafts = { readonly [Letter in QueryLetter]?: string | undefined };

const NONE: readonly Asked[] = [];
const LIMITED = { limit: SERIES_LIMIT } as const;
const VIEWS = [
  ['chart', 'Chart'],
  ['table', 'Table'],
  ['explain', 'Explain'],
] as const;

function viewOf(name: string): MetricsView | undefined {
  return name === 'table' || name === 'explain' ? name : undefined;
}

function withAdded(queries: readonly Query[], added: readonly QueryLetter[]): readonly Query[] {
  const missing = added.filter((letter) => !queries.some((query) => query.letter === letter));
  const empty = missing.map((letter): Query => ({ letter, text: '', legend: '', isHidden: false }));
  return [...queries, ...empty].sort((a, b) => a.letter.localeCompare(b.letter));
}

/** The times, which move on, and the form of a question for points on a grid. */
function rangeOf({ startMs, stepMs, count }: ReturnType<typeof chooseStep>) {
  const start = startMs / 1000;
  const end = (startMs + (count - 1) * stepMs) / 1000;
  return [
    { start, end },
    { step: stepMs / 1000, ...LIMITED },
  ] as const;
}

/** A scalar is a series without labels; a text is none. */
function seriesOf(data: PromResult): readonly PromSeries[] {
  if (data.resultType === 'vector' || data.resultType === 'matrix') return data.result;
  return data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : [];
}

function notesOf({ asked: { query, expanded }, answer, error, isStale }: Answered<PromResult>): readonly Note[] {
  if (error !== undefined) {
    const hint = error.hint === undefined ? '' : `. ${error.hint}`;
    return [noteOf('error', `${error.message}${hint}`, expanded, query.letter)];
  }
  if (answer === undefined || isStale) return [];
  return [
    ...answer.warnings.map((text) => noteOf('warning', text, expanded, query.letter)),
    ...answer.infos.map((text) => noteOf('info', text, expanded, query.letter)),
  ];
}

function resultText(answered: Answered<PromResult> | undefined): string | undefined {
  if (answered === undefined) return undefined;
  const { answer, isStale, isLoading } = answered;
  if (answer === undefined || isStale) return isLoading ? 'asking…' : undefined;
  const { data, tookMs } = answer;
  const count = data.resultType === 'matrix' || data.resultType === 'vector' ? data.result.length : 1;
  return `${plural(count, 'series', 'series')} in ${Math.round(tookMs)} ms`;
}
