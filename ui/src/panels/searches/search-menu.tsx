/** The present search and the saved ones: something beside it, a rule of it, a name for it; and all that have a name. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { useId, useRef, useState } from 'react';
import type { MetricQueryResponse, SavedSearch, SearchesResponse } from '#api/types.ts';
import { type RuleOfSearch, ruleOfSearch } from '../../lib/alerting/rule-of-search.ts';
import type { ApiFailure } from '../../lib/api.ts';
import {
  besidePane,
  PANE_KINDS,
  PANE_TITLES,
  type Pane,
  paneOfPage,
  readPane,
  writePane,
} from '../../lib/explore/panes.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDateTime } from '../../lib/format.ts';
import { useKeys } from '../../lib/keys.ts';
import { useLinks } from '../../lib/links.ts';
import { useConsoleSearch } from '../../lib/page-search.ts';
import { useApi, useScope, useScopeParams } from '../../lib/scope.tsx';
import { asksInPromql, type ConsoleSearch, stringifySearch } from '../../lib/search.ts';
import {
  askSearches,
  decoded,
  matching,
  pageOf,
  removeSearch,
  saveSearch,
  targetOf,
} from '../../lib/searches/searches.ts';
import { Icon } from '../../widgets/icons.tsx';
import { Popover } from '../../widgets/popover.tsx';
import { To } from '../../widgets/to.tsx';
import '../../styles/searches.css';

const SEARCHES_KEY = ['saved-searches'];

/** In the bar of every page. */
export function SearchMenu() {
  const place = useRef<HTMLSpanElement>(null);
  useKeys([
    {
      keys: 'S',
      help: 'Saved searches, this one beside another, a rule of it',
      group: 'Page',
      run: () => place.current?.querySelector('button')?.click(),
    },
  ]);
  return (
    <span ref={place}>
      <Popover
        title="Searches ( S )"
        align="right"
        className="button"
        label={
          <>
            <Icon name="saved" size={14} />
            <span className="search-menu-word">Searches</span>
          </>
        }
      >
        {(close) => <SearchMenuBody close={close} />}
      </Popover>
    </span>
  );
}

function SearchMenuBody({ close }: { readonly close: () => void }) {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const search = useConsoleSearch();
  const saved = useQuery<SearchesResponse, ApiFailure>({
    queryKey: SEARCHES_KEY,
    queryFn: ({ signal }) => askSearches(signal),
  });
  return (
    <div className="search-menu">
      <PresentSearch pathname={pathname} search={search} close={close} />
      <SaveForm pathname={pathname} search={search} refusal={saved.data?.saveRefusal} />
      <SavedList answer={saved.data} error={saved.error ?? undefined} close={close} />
    </div>
  );
}

/** The builder's question in words of PromQL, which the server knows. */
function useBuilderPromql(
  pathname: string,
  search: ConsoleSearch,
): { readonly promql: string | undefined; readonly isAsked: boolean } {
  const params = useScopeParams();
  const { owner } = useScope();
  const isAsked = pathname === '/metrics' && !asksInPromql(search) && search.metric !== undefined;
  const answer = useApi<MetricQueryResponse>(
    '/metrics/query',
    {
      name: search.metric,
      ...params,
      groupBy: search.group?.join(','),
      aggregation: search.agg,
      owner,
      q: search.q,
    },
    { enabled: isAsked },
  );
  return { promql: answer.data?.promql, isAsked };
}

interface PresentProps {
  readonly pathname: string;
  readonly search: ConsoleSearch;
  readonly close: () => void;
}

function PresentSearch({ pathname, search, close }: PresentProps) {
  const links = useLinks();
  const { promql, isAsked } = useBuilderPromql(pathname, search);
  const isExplore = pathname === '/explore';
  const panes: readonly Pane[] = isExplore
    ? [readPane(search, 'one'), readPane(search, 'two')]
    : [paneOfPage(pathname, search, promql)].filter((pane) => pane !== undefined);
  const [first] = panes;
  if (first === undefined) return null;
  return (
    <>
      {isExplore ? null : (
        <section aria-label="Beside this">
          <h3>Beside this</h3>
          <div className="search-menu-row">
            {PANE_KINDS.map((kind) => (
              <To
                key={kind}
                className="button"
                target={links.explore({ ...writePane('one', first), ...writePane('two', besidePane(kind, first)) })}
                onGo={close}
              >
                {PANE_TITLES[kind]}
              </To>
            ))}
          </div>
        </section>
      )}
      <section aria-label="A rule of it">
        <h3>A rule of it</h3>
        {panes.map((pane, at) => (
          <RuleLine
            // biome-ignore lint/suspicious/noArrayIndexKey: two at most, each at its place
            key={at}
            title={isExplore ? PANE_TITLES[pane.kind] : ''}
            rule={isAsked && promql === undefined ? NO_PROMQL : ruleOfSearch(pane)}
            close={close}
          />
        ))}
      </section>
    </>
  );
}

const NO_PROMQL: RuleOfSearch = { reason: 'PromQL has no words for this filter or this way to add up' };

interface RuleLineProps {
  readonly title: string;
  readonly rule: RuleOfSearch;
  readonly close: () => void;
}

function RuleLine({ title, rule, close }: RuleLineProps) {
  const links = useLinks();
  const reason = useId();
  const text = title === '' ? 'New rule' : `New rule of ${title.toLowerCase()}`;
  if ('reason' in rule)
    return (
      <div className="search-menu-row">
        <button type="button" className="button" aria-disabled="true" aria-describedby={reason}>
          {text}
        </button>
        <span className="muted small" id={reason}>
          Can’t be a rule: {visibleText(rule.reason)}.
        </span>
      </div>
    );
  return (
    <div className="search-menu-row">
      <To
        className="button"
        target={links.alerts({ a: rule.expr, language: rule.language === 'logql' ? 'logql' : undefined })}
        onGo={close}
      >
        {text}
      </To>
      <code className="truncate small muted" title={visibleText(rule.expr)}>
        {visibleText(rule.expr)}
      </code>
    </div>
  );
}

interface SaveFormProps {
  readonly pathname: string;
  readonly search: ConsoleSearch;
  /** Why nothing can be saved. */
  readonly refusal: string | undefined;
}

function SaveForm({ pathname, search, refusal }: SaveFormProps) {
  const client = useQueryClient();
  const page = pageOf(pathname);
  const [name, setName] = useState('');
  const [said, setSaid] = useState<{ readonly text: string; readonly isError: boolean }>();
  if (page === undefined) return null;
  const save = (): void => {
    if (name.trim() === '') {
      setSaid({ text: 'It needs a name.', isError: true });
      return;
    }
    const { at: _at, log: _log, ...kept } = search;
    saveSearch({ name: name.trim(), page, search: stringifySearch({ ...kept }).slice(1) }).then(
      () => {
        setName('');
        setSaid({ text: 'Saved.', isError: false });
        void client.invalidateQueries({ queryKey: SEARCHES_KEY });
      },
      (error: Error) => setSaid({ text: error.message, isError: true }),
    );
  };
  return (
    <section aria-label="Save this search">
      <h3>Save this search</h3>
      {refusal === undefined ? (
        <form
          className="search-menu-row"
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <input
            className="input"
            aria-label="Name of the search"
            placeholder="Name"
            maxLength={120}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              setSaid(undefined);
            }}
          />
          <button type="submit" className="button">
            Save
          </button>
        </form>
      ) : (
        <p className="muted small">{visibleText(refusal)}.</p>
      )}
      {said ? (
        <p className={said.isError ? 'error-text small' : 'muted small'} role="status">
          {visibleText(said.text)}
        </p>
      ) : null}
    </section>
  );
}

interface SavedListProps {
  readonly answer: SearchesResponse | undefined;
  readonly error: ApiFailure | undefined;
  readonly close: () => void;
}

function SavedList({ answer, error, close }: SavedListProps) {
  const [find, setFind] = useState('');
  const all = answer?.searches ?? [];
  const shown = matching(all, find);
  return (
    <section aria-label="Saved searches">
      <h3>Saved searches</h3>
      {error ? <p className="error-text small">{visibleText(error.message)}</p> : null}
      {answer === undefined ? (
        error ? null : (
          <p className="muted small">Loading…</p>
        )
      ) : all.length === 0 ? (
        <p className="muted small">None is saved yet.</p>
      ) : (
        <>
          <input
            className="input"
            aria-label="Find a saved search"
            placeholder="Find"
            value={find}
            onChange={(event) => setFind(event.target.value)}
          />
          <ul className="search-menu-list">
            {shown.map((search) => (
              <SavedRow key={search.id} search={search} canChange={answer.saveRefusal === undefined} close={close} />
            ))}
          </ul>
          {shown.length === 0 ? <p className="muted small">No saved search has these words.</p> : null}
        </>
      )}
    </section>
  );
}

interface SavedRowProps {
  readonly search: SavedSearch;
  readonly canChange: boolean;
  readonly close: () => void;
}

function SavedRow({ search, canChange, close }: SavedRowProps) {
  const client = useQueryClient();
  const [renamed, setRenamed] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const settle = (change: Promise<unknown>): void => {
    change.then(
      () => {
        setRenamed(undefined);
        void client.invalidateQueries({ queryKey: SEARCHES_KEY });
      },
      (error: Error) => setProblem(error.message),
    );
  };
  const { id, name, page, savedMs, author } = search;
  const about = [decoded(search.search), formatDateTime(savedMs), author].filter(Boolean).map(visibleText).join('\n');
  if (renamed !== undefined)
    return (
      <li>
        <form
          className="search-menu-row"
          onSubmit={(event) => {
            event.preventDefault();
            settle(saveSearch({ id, name: renamed, page, search: search.search }));
          }}
        >
          <input
            className="input"
            aria-label={`New name of ${visibleText(name)}`}
            maxLength={120}
            ref={(input) => input?.focus()}
            value={renamed}
            onChange={(event) => setRenamed(event.target.value)}
          />
          <button type="submit" className="button" disabled={renamed.trim() === ''}>
            Rename
          </button>
          <button type="button" className="button quiet" onClick={() => setRenamed(undefined)}>
            Keep
          </button>
        </form>
        {problem === undefined ? null : <p className="error-text small">{visibleText(problem)}</p>}
      </li>
    );
  return (
    <li>
      <div className="search-menu-row">
        <span className="truncate">
          <To target={targetOf(search)} title={about} onGo={close}>
            {visibleText(name)}
          </To>
        </span>
        <span className="muted small">{page}</span>
        <span className="spacer" />
        {canChange ? (
          <>
            <button
              type="button"
              className="button icon quiet"
              aria-label={`Rename ${visibleText(name)}`}
              title="Rename"
              onClick={() => setRenamed(name)}
            >
              <Icon name="edit" size={12} />
            </button>
            <button
              type="button"
              className="button icon quiet"
              aria-label={`Delete ${visibleText(name)}`}
              title="Delete"
              onClick={() => settle(removeSearch(search))}
            >
              <Icon name="close" size={12} />
            </button>
          </>
        ) : null}
      </div>
      {problem === undefined ? null : <p className="error-text small">{visibleText(problem)}</p>}
    </li>
  );
}
