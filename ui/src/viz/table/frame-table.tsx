/** A frame as a table just as it is: a column per field, each value as its unit is written. */
import { useMemo, useState } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import type { Field, Frame } from '../../lib/frame.ts';
import { type Column, Table } from './table.tsx';

export interface FrameTableProps {
  readonly label: string;
  readonly frame: Frame;
  /** Grows with its rows instead of scrolling inside. */
  readonly inline?: boolean;
}

/** No field has this name. */
const ROW_KEY = '\u0000row';
const NUMBER_PX = 110;
const TIME_PX = 170;

export function FrameTable({ label, frame, inline = false }: FrameTableProps) {
  const [sort, setSort] = useState<string>();
  const rows = useMemo(() => Array.from({ length: frame.length }, (_, row) => row), [frame]);
  const keyed = useMemo<Frame>(() => {
    const keys: Field = { name: ROW_KEY, type: 'text', values: rows.map(String) };
    return { ...frame, fields: [...frame.fields, keys] };
  }, [frame, rows]);
  const columns = useMemo(() => frame.fields.map(columnOf), [frame]);
  return (
    <Table
      label={visibleText(label)}
      inline={inline}
      frame={keyed}
      items={rows}
      columns={columns}
      keyField={ROW_KEY}
      sort={sort}
      onSort={setSort}
    />
  );
}

/** Where there is no room the last columns go first; that of the first field stays. */
function columnOf({ name, type }: Field, place: number): Column<number> {
  return {
    id: name,
    header: visibleText(name),
    isSortable: true,
    ...(place > 0 ? { drop: place } : {}),
    ...(type === 'number' ? { align: 'right', width: NUMBER_PX } : {}),
    ...(type === 'time' ? { width: TIME_PX } : {}),
  };
}
