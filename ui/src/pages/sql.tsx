/** SQL: a statement, its rows, a chart where they have a time or names, what was asked before, and what can be asked. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ApiFailure } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, plural } from '../lib/format.ts';
import type { Frame } from '../lib/frame.ts';
import { addToHistory, readHistory } from '../lib/history.ts';
import { usePageSearch } from '../lib/page-search.ts';
import {
  askSql,
  barsOfSql,
  chartOfSql,
  frameOfSql,
  readSqlSchema,
  SQL_HISTORY,
  SQL_ROWS,
  type SqlAnswer,
  type SqlSchema,
  sqlFileAddress,
} from '../lib/sql.ts';
import { FrameTable } from '../viz/table/frame-table.tsx';
import { TimeSeries } from '../viz/time-series/time-series.tsx';
import { Icon } from '../widgets/icons.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Popover } from '../widgets/popover.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { Loading } from '../widgets/states.tsx';
import '../styles/promql.css';
import '../styles/sql.css';

/** Its code is needed here alone. */
const SqlEditor = lazy(async () => ({ default: (await import('../panels/sql/editor.tsx')).SqlEditor }));

interface Asked {
  readonly isWaiting: boolean;
  readonly answer: SqlAnswer | undefined;
  readonly error: ApiFailure | undefined;
}

/** What was answered last stays while the next is waited for; a new question stops the one before. */
function useStatement(): Asked & { readonly run: (text: string) => void; readonly stop: () => void } {
  const [asked, setAsked] = useState<Asked>({ isWaiting: false, answer: undefined, error: undefined });
  const controller = useRef<AbortController>(undefined);
  const stop = useCallback(() => {
    controller.current?.abort();
    setAsked((previous) => ({ ...previous, isWaiting: false }));
  }, []);
  const run = useCallback((text: string) => {
    controller.current?.abort();
    const own = new AbortController();
    controller.current = own;
    setAsked((previous) => ({ ...previous, isWaiting: true }));
    askSql(text, own.signal).then(
      (answer) => setAsked({ isWaiting: false, answer, error: undefined }),
      (error: unknown) => {
        if (own.signal.aborted) return;
        const failure =
          error instanceof ApiFailure ? error : new ApiFailure({ code: 'internal', message: String(error) }, 0);
        setAsked((previous) => ({ ...previous, isWaiting: false, error: failure }));
      },
    );
  }, []);
  useEffect(() => () => controller.current?.abort(), []);
  return { ...asked, run, stop };
}

export function SqlPage() {
  const { search, update } = usePageSearch();
  const schema = useQuery<SqlSchema, ApiFailure>({
    queryKey: ['sql-schema'],
    queryFn: ({ signal }) => readSqlSchema(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const inUrl = search.q ?? '';
  const [text, setText] = useState(inUrl);
  const { isWaiting, answer, error, run, stop } = useStatement();
  // An address with a statement, and going back to one, is its answer.
  useEffect(() => {
    setText(inUrl);
    if (inUrl !== '') run(inUrl);
  }, [inUrl, run]);
  const ask = (statement: string): void => {
    if (statement.trim() === '') return;
    addToHistory(SQL_HISTORY, statement);
    setText(statement);
    if (statement === inUrl) run(statement);
    else update({ q: statement });
  };
  return (
    <>
      <PageTitle title="SQL" />
      <div className="sql-page">
        <div className="sql-main">
          <div className={error === undefined ? 'sql-field' : 'sql-field invalid'}>
            <Suspense fallback={<pre className="mono sql-waiting">{text}</pre>}>
              <SqlEditor value={text} schema={schema.data} error={error} onChange={setText} onRun={ask} />
            </Suspense>
          </div>
          <div className="sql-tools">
            {isWaiting ? (
              <button type="button" className="button" onClick={stop}>
                Stop
              </button>
            ) : (
              <button type="button" className="button primary" onClick={() => ask(text)} title="Ctrl+Enter">
                Run
              </button>
            )}
            <StatementMenu
              title="Statements asked before"
              label="History"
              entries={() => readHistory(SQL_HISTORY).map((sql) => ({ name: sql, sql }))}
              onChoose={ask}
            />
            <StatementMenu
              title="Examples"
              label="Examples"
              entries={() => schema.data?.examples ?? []}
              onChoose={ask}
            />
            {answer !== undefined && inUrl !== '' ? (
              <a
                className="button"
                href={sqlFileAddress(inUrl)}
                download="rows.csv"
                title="Up to 100,000 rows as comma-separated values"
              >
                CSV
              </a>
            ) : null}
            <span className="muted">
              The time range and the environment are what the statement says; times are UTC.
            </span>
          </div>
          {error === undefined ? null : (
            <p className="sql-error" role="alert">
              <Icon name="warning" /> {visibleText(error.message)}
              {error.hint === undefined ? null : <span className="muted"> {visibleText(error.hint)}</span>}
            </p>
          )}
          <Result
            answer={answer}
            isOld={isWaiting || error !== undefined}
            isWaiting={isWaiting}
            isRefused={error !== undefined}
            view={search.view}
            onView={(view) => update({ view }, true)}
          />
        </div>
        <SchemaList schema={schema.data} onAsk={ask} />
      </div>
    </>
  );
}

interface ResultProps {
  readonly answer: SqlAnswer | undefined;
  readonly isOld: boolean;
  readonly isWaiting: boolean;
  /** What is wrong is said above. */
  readonly isRefused: boolean;
  readonly view: string | undefined;
  readonly onView: (view: 'table' | undefined) => void;
}

function Result({ answer, isOld, isWaiting, isRefused, view, onView }: ResultProps) {
  const frame = useMemo(() => (answer === undefined ? undefined : frameOfSql(answer)), [answer]);
  const chart = useMemo(() => (frame === undefined ? undefined : chartOfSql(frame)), [frame]);
  const bars = useMemo(() => (frame === undefined ? undefined : barsOfSql(frame)), [frame]);
  if (answer === undefined || frame === undefined)
    return isWaiting ? (
      <Loading what="rows" />
    ) : isRefused ? null : (
      <p className="muted sql-start">Write a statement, or begin with an example. Ctrl+Enter runs it.</p>
    );
  const { elapsed, rows_read: rowsRead } = answer.statistics ?? { elapsed: 0, rows_read: 0 };
  const isDrawn = view !== 'table' && (chart !== undefined || bars !== undefined);
  return (
    <section className={isOld ? 'sql-result old' : 'sql-result'} aria-label="Answer" aria-busy={isWaiting}>
      <div className="sql-result-head">
        <span>
          {frame.length === SQL_ROWS
            ? `the first ${formatCount(SQL_ROWS)} rows: the file has more`
            : plural(frame.length, 'row')}
        </span>
        <span className="muted">
          {formatCount(rowsRead)} rows read in {Math.round(elapsed * 1000)} ms
        </span>
        <span className="spacer" />
        {chart === undefined && bars === undefined ? null : (
          <Segmented
            label="How the answer is shown"
            value={isDrawn ? 'chart' : 'table'}
            options={[
              ['chart', 'Chart'],
              ['table', 'Table'],
            ]}
            onChange={(next) => onView(next === 'table' ? 'table' : undefined)}
          />
        )}
      </div>
      {isDrawn && chart !== undefined ? (
        <TimeSeries
          title="Answer"
          frame={chart.frame}
          fromMs={chart.fromMs}
          toMs={chart.toMs}
          nowMs={chart.toMs}
          height={260}
          legend="table"
          note={chart.leftOut > 0 ? `${plural(chart.leftOut, 'line')} with less left out` : undefined}
          onZoom={() => undefined}
        />
      ) : isDrawn && bars !== undefined ? (
        <NamedBars {...bars} />
      ) : null}
      <Rows frame={frame} />
    </section>
  );
}

function Rows({ frame }: { readonly frame: Frame }) {
  if (frame.length === 0)
    return <p className="muted sql-start">The statement gives no rows. Is its time range right? Times are UTC.</p>;
  return <FrameTable label="Rows" frame={frame} inline />;
}

interface NamedBarsProps {
  readonly names: readonly string[];
  readonly values: readonly number[];
  readonly unit: string;
}

function NamedBars({ names, values, unit }: NamedBarsProps) {
  const most = values.reduce((largest, value) => Math.max(largest, value), 0);
  return (
    <figure className="sql-bars">
      <figcaption className="muted">{visibleText(unit)}</figcaption>
      <ul>
        {names.map((name, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
          <li key={row}>
            <span className="truncate" title={visibleText(name)}>
              {visibleText(name)}
            </span>
            <span className="sql-bar" aria-hidden="true">
              <span style={{ width: `${most > 0 ? Math.max(0, (100 * values[row]!) / most) : 0}%` }} />
            </span>
            <span className="sql-bar-value">{formatCount(values[row]!)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

interface StatementMenuProps {
  readonly title: string;
  readonly label: string;
  readonly entries: () => readonly { readonly name: string; readonly sql: string }[];
  readonly onChoose: (sql: string) => void;
}

function StatementMenu({ title, label, entries, onChoose }: StatementMenuProps) {
  return (
    <Popover
      title={title}
      label={
        <>
          {label} <Icon name="down" size={12} />
        </>
      }
    >
      {(close) => {
        const listed = entries();
        return (
          <div role="listbox" aria-label={title} className="promql-history">
            {listed.map(({ name, sql }) => (
              <button
                type="button"
                role="option"
                aria-selected={false}
                key={sql}
                className="menu-item"
                onClick={() => {
                  close();
                  onChoose(sql);
                }}
              >
                <span className={name === sql ? 'mono truncate' : 'truncate'} title={visibleText(sql)}>
                  {visibleText(name.replace(/\s+/g, ' '))}
                </span>
              </button>
            ))}
            {listed.length === 0 ? <div className="menu-item muted">Nothing here yet</div> : null}
          </div>
        );
      }}
    </Popover>
  );
}

function SchemaList({
  schema,
  onAsk,
}: {
  readonly schema: SqlSchema | undefined;
  readonly onAsk: (sql: string) => void;
}) {
  return (
    <aside className="sql-schema" aria-label="What can be asked">
      <h2>Views</h2>
      {(schema?.views ?? []).map(({ name, text, columns }) => (
        <details key={name}>
          <summary>
            <span className="mono">{name}</span> <span className="muted">{text}</span>
          </summary>
          <button type="button" className="link-button" onClick={() => onAsk(`SELECT *\nFROM ${name}\nLIMIT 20`)}>
            Show 20 rows
          </button>
          <dl>
            {columns.map((column) => (
              <div key={column.name} title={column.type}>
                <dt className="mono">{column.name}</dt>
                <dd className="muted">{column.text}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </aside>
  );
}
