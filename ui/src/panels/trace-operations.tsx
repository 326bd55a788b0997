/** A trace's operations: how often, how long, how much of it their own, and whether that is usual. */
import { useMemo } from 'react';
import { visibleText } from '../lib/foreign-text.ts';
import { formatDuration, formatPercent } from '../lib/format.ts';
import { frameOfRows } from '../lib/frame.ts';
import { type OperationFacts, traceOperations } from '../lib/trace-operations.ts';
import { againstUsual, type Usual } from '../lib/usual.ts';
import { type Column, Table } from '../viz/table/table.tsx';
import type { TraceView } from '../viz/trace/view.ts';
import { ServiceName } from '../widgets/service-name.tsx';
import { useUsual } from './use-usual.ts';

const ASKED_SERVICES = 8;

interface OperationRow extends OperationFacts {
  readonly selfShare: number;
  readonly usual: Usual | undefined;
}

export function TraceOperations({ view, startMs }: { readonly view: TraceView; readonly startMs: number }) {
  const { model } = view;
  const operations = useMemo(() => traceOperations(model), [model]);
  const services = useMemo(
    () => [...new Set(operations.map(({ service }) => service))].slice(0, ASKED_SERVICES),
    [operations],
  );
  const usual = useUsual(services, startMs);
  const rows = useMemo(() => {
    const allNs = Math.max(
      1,
      operations.reduce((sum, { selfNs }) => sum + selfNs, 0),
    );
    return operations.map(
      (one): OperationRow => ({ ...one, selfShare: one.selfNs / allNs, usual: usual.get(one.key) }),
    );
  }, [operations, usual]);
  const frame = useMemo(
    () =>
      frameOfRows('operations', rows, {
        key: { text: ({ key }) => key },
        service: { text: ({ service }) => service },
        name: { text: ({ name }) => name },
        count: { count: ({ count }) => count },
        errors: { count: ({ errorCount }) => errorCount },
        self: { number: ({ selfNs }) => selfNs, unit: 'ns' },
        total: { number: ({ totalNs }) => totalNs, unit: 'ns' },
        max: { number: ({ maxNs }) => maxNs, unit: 'ns' },
        usual: { number: ({ usual: known }) => known?.p50Ns ?? null, unit: 'ns' },
      }),
    [rows],
  );
  const { search, update } = view;
  return (
    <Table
      label="Operations of the trace"
      frame={frame}
      items={rows}
      columns={COLUMNS}
      keyField="key"
      sort={search.sort ?? '-self'}
      onSort={(sort) => update({ sort: sort === '-self' ? undefined : sort })}
      onOpen={({ longestRow }) => {
        update({ plot: undefined });
        view.select(longestRow);
      }}
    />
  );
}

const COLUMNS: readonly Column<OperationRow>[] = [
  {
    id: 'name',
    header: 'Operation',
    minWidth: 240,
    isSortable: true,
    cell: ({ service, name }) => (
      <span className="cell-line">
        <ServiceName name={service} />
        <b className="truncate">{visibleText(name)}</b>
      </span>
    ),
  },
  { id: 'count', header: 'Spans', width: 76, align: 'right', drop: 3, isSortable: true },
  {
    id: 'errors',
    header: 'Errors',
    width: 76,
    align: 'right',
    drop: 2,
    isSortable: true,
    cell: ({ errorCount }) => <span className={errorCount > 0 ? 'error-text' : 'muted'}>{errorCount}</span>,
  },
  {
    id: 'self',
    header: 'Own time',
    width: 210,
    narrowWidth: 96,
    align: 'right',
    title: 'Time in which none of its children ran',
    isSortable: true,
    cell: ({ selfNs, selfShare }) => (
      <span className="cell-bar" title={`${formatPercent(selfShare)} of the trace's own time`}>
        <span className="bar-room">
          <i className="bar" style={{ width: `${Math.min(100, selfShare * 100)}%` }} />
        </span>
        <b>{formatDuration(selfNs)}</b>
      </span>
    ),
  },
  { id: 'total', header: 'In all', width: 92, align: 'right', drop: 4, isSortable: true },
  {
    id: 'max',
    header: 'Longest',
    width: 92,
    align: 'right',
    isSortable: true,
    cell: ({ maxNs, usual }) => (
      <span className={usual !== undefined && maxNs > usual.p99Ns ? 'warning-text' : ''}>{formatDuration(maxNs)}</span>
    ),
  },
  {
    id: 'usual',
    header: 'Usual p50 · p95 · p99',
    width: 210,
    drop: 1,
    align: 'right',
    title: 'p50, p95 and p99 of the operation in the hour before and the ten minutes behind the trace',
    cell: ({ maxNs, usual }) =>
      usual === undefined ? (
        <span className="muted">–</span>
      ) : (
        <span className="muted" title={`the longest took ${againstUsual(maxNs, usual)}`}>
          {[usual.p50Ns, usual.p95Ns, usual.p99Ns].map((ns) => formatDuration(ns)).join(' · ')}
        </span>
      ),
  },
];
