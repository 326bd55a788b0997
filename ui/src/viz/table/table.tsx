/**
 * The table of every list: sticky head, sortable columns, virtual rows of one height, and the keyboard (`j` `k` `Enter`).
 * A real <table>: rows outside of the view are two spacer rows.
 */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { visibleText } from '../../lib/foreign-text.ts';
import { enumText, type Field, type Frame, fieldOf, textAt } from '../../lib/frame.ts';
import { useSize } from '../../widgets/canvas.tsx';
import { useRowKeys } from '../../widgets/row-keys.ts';

export interface Column<T = unknown> {
  /** The frame's field that it shows and sorts by; a column with only a `cell` has a name of its own here. */
  readonly id: string;
  readonly header: ReactNode;
  /** Pixels; a column without width takes what is left. */
  readonly width?: number;
  /** Of a column without width: what its names need. */
  readonly minWidth?: number;
  /** In a table that lacks room, where the cell leaves out its drawing. */
  readonly narrowWidth?: number;
  /** Where there is no room the largest goes first; a column without stays. */
  readonly drop?: number;
  readonly align?: 'right';
  readonly title?: string;
  /** Draws what the row stands for. Absent: the field's value, as its unit is written. */
  readonly cell?: (item: T) => ReactNode;
  /** Text sorts up first, numbers down first. */
  readonly isSortable?: true;
}

export interface TableProps<T> {
  readonly label: string;
  readonly frame: Frame;
  /** What the frame's rows stand for, in their order: given to cells and `onOpen`. */
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  /** The field of texts by which a row is known again after a refresh. */
  readonly keyField: string;
  readonly onOpen?: (item: T, inNewTab: boolean) => void;
  /** `id` ascending, `-id` descending. */
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string) => void;
  readonly rowHeight?: number;
  /** Takes `j`, `k` and `Enter` of the page. */
  readonly keyboard?: boolean;
  /** Grows with its rows instead of scrolling inside. */
  readonly inline?: boolean;
  /** Where there is no room it scrolls sideways and leaves no column out. */
  readonly keepsColumns?: boolean;
  readonly onScroll?: (scrollTop: number) => void;
}

export function Table<T>(props: TableProps<T>) {
  const { frame, items, rowHeight = 30, keyboard = false, inline = false, keepsColumns = false, label } = props;
  const rows = useSorted(props);
  const keys = fieldOf(frame, props.keyField, 'text').values;
  const scroller = useRef<HTMLDivElement>(null);
  const { width: room } = useSize(scroller);
  const columns = useMemo(
    () => (keepsColumns ? props.columns : fitColumns(props.columns, room)),
    [props.columns, room, keepsColumns],
  );
  // By key: rows that a refresh puts above must not move the mark to another row.
  const [activeKey, setActiveKey] = useState<string>();
  const active = useMemo(
    () => (activeKey === undefined ? -1 : rows.findIndex((row) => keys[row] === activeKey)),
    [rows, keys, activeKey],
  );
  const setActive = (index: number): void => setActiveKey(rows[index] === undefined ? undefined : keys[rows[index]]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: !inline,
  });
  useRowKeys({
    enabled: keyboard,
    rowCount: rows.length,
    active,
    setActive,
    scrollTo: (i) => virtualizer.scrollToIndex(i),
    open: (i) => rows[i] !== undefined && props.onOpen?.(items[rows[i]]!, false),
  });

  const shown = inline ? rows.map((_, index) => ({ index })) : virtualizer.getVirtualItems();
  const isWide = room > 0 && neededPx(columns) > room;
  // Texts of one width each would cut the long ones where the short ones have room to spare.
  const isTight = keepsColumns && room > 0 && room < neededPx(columns.map(({ minWidth: _, ...column }) => column));
  const firstIndex = shown[0]?.index ?? 0;
  const lastIndex = shown.at(-1)?.index ?? -1;
  return (
    <div
      className={`table-wrap ${inline ? 'inline' : ''} ${room > 0 && room < NARROW_PX ? 'narrow' : ''} ${isWide ? 'wide' : ''}`}
      ref={scroller}
      // A cell may have what a column shows that there is no room for.
      data-without={props.columns.flatMap(({ id }) => (columns.some((each) => each.id === id) ? [] : [id])).join(' ')}
      onScroll={(event) => props.onScroll?.(event.currentTarget.scrollTop)}
    >
      <table
        className="table"
        aria-label={label}
        aria-rowcount={rows.length}
        style={keepsColumns ? { minWidth: neededPx(columns) } : undefined}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={widthStyle(column, isTight)} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <SpacerRow height={inline ? 0 : firstIndex * rowHeight} columnCount={columns.length} />
          {shown.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const item = items[row]!;
            const className = `${props.onOpen ? 'clickable' : ''} ${index === active ? 'active' : ''}`;
            return (
              <tr
                key={keys[row]}
                data-key={keys[row]}
                aria-rowindex={index + 1}
                aria-selected={index === active}
                className={className}
                style={{ height: rowHeight }}
                onClick={(event) => {
                  if ((event.target as Element).closest('a, button')) return;
                  setActive(index);
                  props.onOpen?.(item, event.ctrlKey || event.metaKey);
                }}
              >
                {columns.map((column) => (
                  <Cell
                    key={column.id}
                    isRight={column.align === 'right'}
                    content={column.cell ? column.cell(item) : textAt(frame, column.id, row)}
                  />
                ))}
              </tr>
            );
          })}
          <SpacerRow
            height={inline ? 0 : Math.max(0, rows.length - 1 - lastIndex) * rowHeight}
            columnCount={columns.length}
          />
        </tbody>
      </table>
    </div>
  );
}

/** What is cut off can be read by pointing at it; cells that are more than text bring their own titles. */
function Cell({ isRight, content }: { readonly isRight: boolean; readonly content: ReactNode }) {
  const text = typeof content === 'string' ? visibleText(content) : undefined;
  return (
    <td className={isRight ? 'right' : undefined} title={text}>
      {text ?? content}
    </td>
  );
}

/** Below this drawings in cells give way to their numbers. */
const NARROW_PX = 960;
/** What a column without width, most often the name, must have. */
const NAME_PX = 150;

/** The columns for which there is room; all before the table is measured. */
function fitColumns<T>(columns: readonly Column<T>[], room: number): readonly Column<T>[] {
  if (room === 0) return columns;
  const sized =
    room < NARROW_PX
      ? columns.map((column) => (column.narrowWidth ? { ...column, width: column.narrowWidth } : column))
      : columns;
  const shown = [...sized];
  while (neededPx(shown) > room) {
    const least = shown.reduce<Column<T> | undefined>(
      (found, column) => ((column.drop ?? 0) > (found?.drop ?? 0) ? column : found),
      undefined,
    );
    if (least === undefined) break;
    shown.splice(shown.indexOf(least), 1);
  }
  return shown;
}

function widthStyle<T>({ width, minWidth }: Column<T>, isTight: boolean): { width: number } | undefined {
  const px = width ?? (isTight ? minWidth : undefined);
  return px === undefined ? undefined : { width: px };
}

function neededPx<T>(columns: readonly Column<T>[]): number {
  return columns.reduce((sum, { width, minWidth }) => sum + (width ?? minWidth ?? NAME_PX), 0);
}

function SpacerRow({ height, columnCount }: { readonly height: number; readonly columnCount: number }) {
  if (height <= 0) return null;
  return (
    <tr className="spacer-row">
      <td colSpan={columnCount} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}

interface HeaderCellProps<T> {
  readonly column: Column<T>;
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
}

function HeaderCell<T>({ column, sort, onSort }: HeaderCellProps<T>) {
  const { id, header, align, title, isSortable } = column;
  const direction = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : undefined;
  const className = align === 'right' ? 'right' : undefined;
  if (!isSortable || !onSort) {
    return (
      <th scope="col" className={className} title={title}>
        {header}
      </th>
    );
  }
  // The first click sorts the way that is most often wanted: numbers with the largest first.
  const first = align === 'right' ? `-${id}` : id;
  const other = align === 'right' ? id : `-${id}`;
  return (
    <th scope="col" className={className} aria-sort={direction} title={title}>
      <button type="button" className="sort-button" onClick={() => onSort(sort === first ? other : first)}>
        {header}
        <span className="sort-mark" aria-hidden="true">
          {direction === 'ascending' ? '↑' : direction === 'descending' ? '↓' : ''}
        </span>
      </button>
    </th>
  );
}

/** The rows of the frame in the order that they are shown in. */
function useSorted<T>({ frame, columns, sort }: TableProps<T>): readonly number[] {
  return useMemo(() => {
    const rows = Array.from({ length: frame.length }, (_, row) => row);
    if (!sort) return rows;
    const descending = sort.startsWith('-');
    const id = descending ? sort.slice(1) : sort;
    const field = frame.fields.find(({ name }) => name === id);
    if (field === undefined || !columns.some((column) => column.id === id && column.isSortable)) return rows;
    const sign = descending ? -1 : 1;
    return rows.sort((a, b) => compareValues(field, a, b) * sign);
  }, [frame, columns, sort]);
}

/** What is absent is less than anything. */
function compareValues(field: Field, a: number, b: number): number {
  if (field.type === 'text') return field.values[a]!.localeCompare(field.values[b]!);
  if (field.type === 'value') return 0;
  if (field.type === 'enum') return enumText(field, a).localeCompare(enumText(field, b));
  return (field.values[a] ?? Number.NEGATIVE_INFINITY) - (field.values[b] ?? Number.NEGATIVE_INFINITY) || 0;
}
