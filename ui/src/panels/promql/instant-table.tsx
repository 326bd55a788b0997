/** The values of the queries at one moment: a row for each series, a column for each label that tells them apart. */
import { useMemo, useRef, useState } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatDateTime, plural, unitFormat } from '../../lib/format.ts';
import { type Frame, frameOfRows } from '../../lib/frame.ts';
import { type InstantRow, instantRows, type QueryAnswer } from '../../lib/frames/promql.ts';
import { type PromLabels, seriesName } from '../../lib/promql/legend.ts';
import { type Column, Table } from '../../viz/table/table.tsx';
import { useSize } from '../../widgets/canvas.tsx';

interface InstantTableProps {
  readonly answers: readonly QueryAnswer[];
  readonly timeMs: number;
}

/** No label has these names. */
const KEY = '\u0000key';
const LETTER = '\u0000query';
const VALUE = '\u0000value';
const WHOLE = '\u0000series';
/** Columns beyond that are too narrow to read; the series' whole name is in the title of its row. */
const MAX_LABELS = 8;

export function InstantTable({ answers, timeMs }: InstantTableProps) {
  const [sort, setSort] = useState<string>(`-${VALUE}`);
  const rows = useMemo(() => instantRows(answers, (unit, value) => unitFormat(unit).format(value)), [answers]);
  const { varying, shared } = useMemo(() => labelsOf(rows), [rows]);
  const frame = useMemo<Frame>(() => frameOf(rows, varying), [rows, varying]);
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box, { width: window.innerWidth, height: 0 });
  const isNarrow = width < PX_PER_LABEL * varying.length + VALUE_PX + LETTER_PX;
  const columns = useMemo(
    () => columnsOf(isNarrow && varying.length > 1 ? undefined : varying, answers.length > 1),
    [varying, answers.length, isNarrow],
  );
  return (
    <div className="section promql-table" ref={box}>
      <div className="chart-head">
        <h3>At {formatDateTime(timeMs)}</h3>
        <span className="muted">
          {plural(rows.length, 'series', 'series')}
          {shared === '{}' ? '' : `, all with ${visibleText(shared)}`}
        </span>
      </div>
      <Table
        label="Values at one moment"
        frame={frame}
        items={rows}
        columns={columns}
        keyField={KEY}
        sort={sort}
        onSort={setSort}
        keyboard
      />
    </div>
  );
}

/** Values first: on a phone names of labels would leave no room for them. */
function SeriesLabels({ labels }: { readonly labels: PromLabels }) {
  const names = Object.keys(labels).sort((a, b) => weightOf(a) - weightOf(b));
  return (
    <span title={visibleText(seriesName(labels))}>
      {names.map((name) => visibleText(labels[name] ?? '')).join(' · ')}
    </span>
  );
}

/** What people know things by comes first, what every series has comes last and goes first where there is no room. */
const FIRST = ['__name__', 'service_name'];
const LAST = ['job', 'instance', 'otel_scope_name', 'otel_scope_version'];

function weightOf(label: string): number {
  return FIRST.includes(label) ? FIRST.indexOf(label) - FIRST.length : LAST.indexOf(label) + 1;
}

function labelsOf(rows: readonly InstantRow[]): { readonly varying: readonly string[]; readonly shared: string } {
  const names = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].sort(
    (a, b) => weightOf(a) - weightOf(b),
  );
  const varying = names.filter((name) => new Set(rows.map(({ labels }) => labels[name] ?? '')).size > 1);
  const shared = rows.length < 2 ? [] : names.filter((name) => !varying.includes(name));
  return {
    varying: rows.length < 2 ? names : varying,
    shared: seriesName(Object.fromEntries(shared.map((name) => [name, rows[0]!.labels[name] ?? '']))),
  };
}

function frameOf(rows: readonly InstantRow[], labels: readonly string[]): Frame {
  return frameOfRows('values', rows, {
    [KEY]: { text: ({ key }) => key },
    [LETTER]: { text: ({ letter }) => letter },
    [WHOLE]: { text: ({ labels: all }) => seriesName(all) },
    ...Object.fromEntries(labels.map((name) => [name, { text: (row: InstantRow) => row.labels[name] ?? '' }])),
    [VALUE]: { number: ({ value }) => value, unit: '' },
  });
}

const LETTER_PX = 60;
const VALUE_PX = 110;
/** With less for each, rows could not be told apart: all labels stand in one column then. */
const PX_PER_LABEL = 150;

function columnsOf(labels: readonly string[] | undefined, hasLetters: boolean): readonly Column<InstantRow>[] {
  const whole: Column<InstantRow> = {
    id: WHOLE,
    header: 'Series',
    isSortable: true,
    cell: ({ labels: all }) => <SeriesLabels labels={all} />,
  };
  return [
    ...(hasLetters ? [{ id: LETTER, header: 'Query', width: LETTER_PX, isSortable: true } as const] : []),
    ...(labels ?? []).slice(0, MAX_LABELS).map(
      (name, place): Column<InstantRow> => ({
        id: name,
        header: visibleText(name === '__name__' ? 'metric' : name),
        isSortable: true,
        ...(place > 0 ? { drop: place } : {}),
      }),
    ),
    ...(labels === undefined ? [whole] : []),
    {
      id: VALUE,
      header: 'Value',
      align: 'right',
      width: VALUE_PX,
      isSortable: true,
      cell: ({ text, labels: all }) => <span title={visibleText(seriesName(all))}>{text}</span>,
    },
  ];
}
