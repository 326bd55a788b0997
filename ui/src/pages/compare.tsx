/** Two traces beside each other: what both did, how long it took in each, and what only one did. */
import { type ReactNode, useMemo } from 'react';
import type { TraceResponse } from '#api/types.ts';
import type { ApiFailure } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatCount, formatDateTime, formatDuration, formatPercent, plural } from '../lib/format.ts';
import { enumText, frameOfRows } from '../lib/frame.ts';
import { traceFrames } from '../lib/frames/trace.ts';
import { useLinks } from '../lib/links.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { traceQuestion } from '../lib/questions.ts';
import { useQuestion } from '../lib/scope.tsx';
import { type ComparedSpan, compareTraces, durationOf } from '../lib/trace-compare.ts';
import { buildTraceModel, spanIdOf, type TraceModel } from '../lib/trace-model.ts';
import { type Column, Table } from '../viz/table/table.tsx';
import { Crumb } from '../widgets/crumb.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { Segmented } from '../widgets/segmented.tsx';
import { ServiceDot, ServiceName } from '../widgets/service-name.tsx';
import { EmptyState, ErrorState, Loading } from '../widgets/states.tsx';
import { To } from '../widgets/to.tsx';

export function ComparePage() {
  const links = useLinks();
  const { search } = usePageSearch();
  const { a = '', b = '' } = search;
  const isAsked = a !== '' && b !== '';
  const ofA = useQuestion<TraceResponse>(traceQuestion(a), { keep: false, enabled: isAsked });
  const ofB = useQuestion<TraceResponse>(traceQuestion(b), { keep: false, enabled: isAsked });
  const above = <Crumb target={links.traces()} label="Traces" />;
  const title = <PageTitle title="Compare two traces" above={above} />;
  if (!isAsked) {
    return (
      <>
        {title}
        <EmptyState
          title="Choose two traces"
          actions={
            <To target={links.traces()} className="button">
              To the list of traces
            </To>
          }
        >
          Mark two of them in the list, or choose <i>Compare</i> on the page of a trace.
        </EmptyState>
      </>
    );
  }
  const sides = [
    { name: 'A', id: a, answer: ofA },
    { name: 'B', id: b, answer: ofB },
  ];
  const failed = sides.find(({ answer }) => answer.error !== undefined);
  if (failed !== undefined) {
    return (
      <>
        {title}
        <SideFailed name={failed.name} id={failed.id} error={failed.answer.error!} onRetry={failed.answer.retry} />
      </>
    );
  }
  if (ofA.data === undefined || ofB.data === undefined) {
    return (
      <>
        {title}
        <Loading what="both traces" />
      </>
    );
  }
  return (
    <>
      {title}
      <Compared a={ofA.data} b={ofB.data} />
    </>
  );
}

interface SideFailedProps {
  readonly name: string;
  readonly id: string;
  readonly error: ApiFailure;
  readonly onRetry: () => void;
}

function SideFailed({ name, id, error, onRetry }: SideFailedProps) {
  if (error.code !== 'not_found') return <ErrorState error={error} onRetry={onRetry} />;
  return (
    <EmptyState title={`Trace ${name} is not in the store`}>
      It may be older than the retention, sampled out, or not arrived yet. Trace id:{' '}
      <span className="mono">{visibleText(id)}</span>
    </EmptyState>
  );
}

interface Row extends ComparedSpan {
  readonly key: string;
  readonly service: string;
  /** The span above it is of another. */
  readonly entersService: boolean;
  readonly name: string;
  /** Undefined where the trace has no such span. */
  readonly aNs: number | undefined;
  readonly bNs: number | undefined;
}

type Shown = 'changed' | 'one';

/** Less than this part of the whole trace, and a half of the span itself, is no difference that a person looks for. */
const CHANGED_SHARE = 0.005;
const CHANGED_OF_SPAN = 0.2;

function Compared({ a, b }: { readonly a: TraceResponse; readonly b: TraceResponse }) {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const [ofA, ofB] = useMemo(() => [buildTraceModel(traceFrames(a)), buildTraceModel(traceFrames(b))], [a, b]);
  const compared = useMemo(() => compareTraces(ofA, ofB), [ofA, ofB]);
  const all = useMemo(() => rowsOf(compared.rows, ofA, ofB), [compared, ofA, ofB]);
  const wholeNs = Math.max(a.durationNs, b.durationNs, 1);
  const shown: Shown | undefined = search.filter === 'changed' || search.filter === 'one' ? search.filter : undefined;
  const rows = useMemo(
    () =>
      all.filter((row) => {
        if (shown === undefined) return true;
        const isOne = row.a < 0 || row.b < 0;
        return shown === 'one' ? isOne : isOne || isChanged(row, wholeNs);
      }),
    [all, shown, wholeNs],
  );
  const frame = useMemo(
    () =>
      frameOfRows('compared spans', rows, {
        key: { text: ({ key }) => key },
        name: { text: ({ name }) => name },
        a: { number: ({ aNs }) => aNs ?? 0, unit: 'ns' },
        b: { number: ({ bNs }) => bNs ?? 0, unit: 'ns' },
        difference: { number: (row) => Math.abs(differenceOf(row)), unit: 'ns' },
      }),
    [rows],
  );
  // Among others than those of its trace, a row has to say all.
  const isWhole = shown === undefined && search.sort === undefined;
  const columns = useMemo(() => columnsOf(ofA, ofB, { wholeNs, isWhole }), [ofA, ofB, wholeNs, isWhole]);
  const both = compared.rows.length - compared.onlyA - compared.onlyB;
  return (
    <>
      <div className="compare-sides">
        <Side name="A" trace={a} model={ofA} other={b} />
        <Side name="B" trace={b} model={ofB} other={a} />
      </div>
      <div className="list-head">
        <span className="muted">
          {plural(both, 'span')} in both, <b>{formatCount(compared.onlyA)}</b> only in A,{' '}
          <b>{formatCount(compared.onlyB)}</b> only in B
        </span>
        <span className="spacer" />
        <Segmented
          label="Rows"
          value={shown ?? 'all'}
          options={[
            ['all', 'All'],
            ['changed', 'What changed'],
            ['one', 'Only in one'],
          ]}
          onChange={(value) => update({ filter: value === 'all' ? undefined : value }, true)}
        />
        <button type="button" className="button" onClick={() => update({ a: b.traceId, b: a.traceId })}>
          Swap
        </button>
      </div>
      {rows.length === 0 ? (
        <EmptyState title={shown === 'one' ? 'Both have the same spans' : 'Nothing changed'}>
          {shown === 'one'
            ? 'Each span has its like in the other trace.'
            : 'No span took much longer or shorter, and each has its like in the other trace.'}
        </EmptyState>
      ) : (
        <Table
          label="Spans of both traces"
          keyboard
          frame={frame}
          items={rows}
          columns={columns}
          keyField="key"
          sort={search.sort}
          onSort={(sort) => update({ sort }, true)}
          onOpen={(row, inNewTab) => links.go(spanLink(row), inNewTab)}
        />
      )}
    </>
  );

  function spanLink(row: Row): ReturnType<typeof links.trace> {
    return row.a >= 0
      ? links.trace(a.traceId, { span: spanIdOf(ofA, row.a) })
      : links.trace(b.traceId, { span: spanIdOf(ofB, row.b) });
  }
}

function rowsOf(rows: readonly ComparedSpan[], a: TraceModel, b: TraceModel): readonly Row[] {
  /** The services of the spans above, by their depth. */
  const above: string[] = [];
  return rows.map((row) => {
    const [model, at] = row.a >= 0 ? [a, row.a] : [b, row.b];
    const service = enumText(model.service, at);
    const entersService = above[row.depth - 1] !== service;
    above[row.depth] = service;
    return {
      ...row,
      key: `${row.a}/${row.b}`,
      service,
      entersService,
      name: enumText(model.name, at),
      aNs: row.a < 0 ? undefined : durationOf(a, row.a),
      bNs: row.b < 0 ? undefined : durationOf(b, row.b),
    };
  });
}

/** Of a span that one trace lacks, all of it. */
function differenceOf({ aNs = 0, bNs = 0 }: Row): number {
  return bNs - aNs;
}

function isChanged(row: Row, wholeNs: number): boolean {
  const difference = Math.abs(differenceOf(row));
  return difference >= wholeNs * CHANGED_SHARE && difference >= Math.max(row.aNs ?? 0, row.bNs ?? 0) * CHANGED_OF_SPAN;
}

interface SideProps {
  readonly name: 'A' | 'B';
  readonly trace: TraceResponse;
  readonly model: TraceModel;
  readonly other: TraceResponse;
}

function Side({ name, trace, model, other }: SideProps) {
  const links = useLinks();
  const isSlower = trace.durationNs > other.durationNs;
  return (
    <section className="compare-side" aria-label={`Trace ${name}`}>
      <span className="chip">{name}</span>
      <ServiceName name={enumText(model.service, model.firstRoot)} />
      <To target={links.trace(trace.traceId)} className="strong-link truncate">
        {visibleText(enumText(model.name, model.firstRoot))}
      </To>
      <b className={isSlower ? 'warning-text' : ''}>{formatDuration(trace.durationNs)}</b>
      <span className="muted">
        {plural(trace.totalSpanCount, 'span')}, {plural(model.errorCount, 'error')}, {formatDateTime(trace.startMs)}
      </span>
      {trace.truncated ? <span className="chip warning-text">the first {formatCount(model.count)} alone</span> : null}
    </section>
  );
}

/** Deeper ones stand no further to the right: there would be no room for them. */
const MAX_INDENT = 16;

interface Shape {
  readonly wholeNs: number;
  /** The rows are those of whole traces, in their order. */
  readonly isWhole: boolean;
}

function columnsOf(a: TraceModel, b: TraceModel, { wholeNs, isWhole }: Shape): readonly Column<Row>[] {
  const duration = (id: 'a' | 'b', model: TraceModel): Column<Row> => ({
    id,
    header: id.toUpperCase(),
    width: 170,
    narrowWidth: 76,
    // What B took and the difference tell the third.
    ...(id === 'a' && { drop: 1 }),
    align: 'right',
    isSortable: true,
    cell: (row) => <Duration row={row} side={id} model={model} wholeNs={wholeNs} />,
  });
  return [
    {
      id: 'name',
      header: 'Span',
      minWidth: 150,
      cell: ({ depth, service, entersService, name, a: ofA, b: ofB }) => (
        <span
          className="cell-line compare-name"
          style={{ '--depth': Math.min(depth, MAX_INDENT) } as React.CSSProperties}
          title={visibleText(`${service}: ${name}`)}
        >
          {entersService || !isWhole ? <ServiceName name={service} /> : <ServiceDot name={service} />}
          <span className="truncate" title={visibleText(name)}>
            {visibleText(name)}
          </span>
          {ofA < 0 ? <span className="chip">only in B</span> : null}
          {ofB < 0 ? <span className="chip">only in A</span> : null}
        </span>
      ),
    },
    duration('a', a),
    duration('b', b),
    {
      id: 'difference',
      header: 'Difference',
      title: 'How much longer it took in B',
      width: 150,
      narrowWidth: 92,
      align: 'right',
      isSortable: true,
      cell: (row) => <Difference row={row} isBig={isChanged(row, wholeNs)} />,
    },
  ];
}

interface DurationProps {
  readonly row: Row;
  readonly side: 'a' | 'b';
  readonly model: TraceModel;
  readonly wholeNs: number;
}

/** On one scale for both, so that bars can be compared. */
function Duration({ row, side, model, wholeNs }: DurationProps): ReactNode {
  const at = row[side];
  if (at < 0) return <span className="muted">–</span>;
  const ns = durationOf(model, at);
  return (
    <span className="cell-bar">
      <span className="bar-room">
        <i
          className={model.isError[at] === 1 ? 'bar error' : 'bar'}
          style={{ width: `${Math.max(1, (ns / wholeNs) * 100)}%` }}
        />
      </span>
      <b className={model.isError[at] === 1 ? 'error-text' : ''}>{formatDuration(ns)}</b>
    </span>
  );
}

function Difference({ row, isBig }: { readonly row: Row; readonly isBig: boolean }): ReactNode {
  if (row.aNs === undefined || row.bNs === undefined) return <span className="muted">–</span>;
  const ns = differenceOf(row);
  if (ns === 0) return <span className="muted">same</span>;
  const share = row.aNs === 0 ? '' : ` ${formatPercent(Math.abs(ns) / row.aNs)}`;
  return (
    <span className={isBig ? (ns > 0 ? 'warning-text' : '') : 'muted'}>
      {ns > 0 ? '+' : '−'}
      {formatDuration(Math.abs(ns))}
      <span className="small compare-share">{share}</span>
    </span>
  );
}
