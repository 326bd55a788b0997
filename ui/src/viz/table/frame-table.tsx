/** A frame as a table just as it is: a column per field, each value as its unit is written. */
import { type ReactNode, useMemo, useState } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import { type Field, type Frame, textAt } from '../../lib/frame.ts';
import { type Column, Table } from './table.tsx';

export interface FrameTableProps {
  readonly label: string;
  readonly frame: Frame;
  /** Grows with its rows instead of scrolling inside. */
  readonly inline?: boolean;
  /** How it is sorted before somebody chooses: a field's name, `-` in front for descending. */
  readonly firstSort?: string | undefined;
  /** By the name of a field: puts the text of a row's cell into its link; gives it back where it has none. */
  readonly linked?: ReadonlyMap<string, (row: number, text: string) => ReactNode>;
}

/** No field has this name. */
const ROW_KEY = '\u0000row';
/** A column of numbers is as wide as they need, within these; a column of texts where there is no room for more. */
const NUMBER_PX = { least: 64, most: 130, ofLetter: 7.5, around: 34 };
const TEXT_PX = { least: 64, most: 150, ofLetter: 7.2, around: 24 };
/** What the width of a column is told by. */
const ROWS_MEASURED = 200;
const TIME_PX = 170;

export function FrameTable({ label, frame, inline = false, firstSort, linked }: FrameTableProps) {
  const [chosen, setSort] = useState<string>();
  const sort = chosen ?? firstSort;
  const rows = useMemo(() => Array.from({ length: frame.length }, (_, row) => row), [frame]);
  const keyed = useMemo<Frame>(() => {
    const keys: Field = { name: ROW_KEY, type: 'text', values: rows.map(String) };
    return { ...frame, fields: [...frame.fields, keys] };
  }, [frame, rows]);
  const columns = useMemo(
    () =>
      frame.fields.map((field): Column<number> => {
        const link = linked?.get(field.name);
        const column = columnOf(field, frame);
        return link === undefined ? column : { ...column, cell: (row) => link(row, textAt(frame, field.name, row)) };
      }),
    [frame, linked],
  );
  return (
    <Table
      label={visibleText(label)}
      inline={inline}
      keepsColumns
      frame={keyed}
      items={rows}
      columns={columns}
      keyField={ROW_KEY}
      sort={sort}
      onSort={setSort}
    />
  );
}

function columnOf(field: Field, frame: Frame): Column<number> {
  const { name, type } = field;
  return {
    id: name,
    header: visibleText(name),
    isSortable: true,
    ...(type === 'number' ? { align: 'right', width: widthOf(name, frame, NUMBER_PX) } : {}),
    ...(type === 'text' || type === 'enum' ? { minWidth: widthOf(name, frame, TEXT_PX) } : {}),
    ...(type === 'time' ? { width: TIME_PX } : {}),
  };
}

function widthOf(name: string, frame: Frame, { least, most, ofLetter, around }: typeof NUMBER_PX): number {
  const rows = Array.from({ length: Math.min(frame.length, ROWS_MEASURED) }, (_, row) => textAt(frame, name, row));
  const letters = Math.max(name.length, ...rows.map(({ length }) => length));
  return Math.round(Math.min(most, Math.max(least, letters * ofLetter + around)));
}
