/**
 * The table of every list: sticky head, sortable columns, virtual rows of one height, and the keyboard (`j` `k` `Enter`).
 * A real <table>: rows outside of the view are two spacer rows.
 */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { visibleText } from '../lib/foreign-text.ts';
import { useKeys } from '../lib/keys.ts';
import { useSize } from './canvas.tsx';

export interface Column<T> {
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
  readonly cell: (row: T) => ReactNode;
  /** Makes the column sortable. Text sorts up first, numbers down first. */
  readonly sortValue?: (row: T) => number | string;
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly rowClass?: (row: T) => string;
  readonly onOpen?: (row: T, inNewTab: boolean) => void;
  /** `id` ascending, `-id` descending. */
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string) => void;
  readonly rowHeight?: number;
  /** Takes `j`, `k` and `Enter` of the page. */
  readonly keyboard?: boolean;
  /** Grows with its rows instead of scrolling inside. */
  readonly inline?: boolean;
  readonly onScroll?: (scrollTop: number) => void;
}

export function Table<T>(props: TableProps<T>) {
  const { rowKey, rowHeight = 30, keyboard = false, inline = false, label } = props;
  const rows = useSorted(props);
  const scroller = useRef<HTMLDivElement>(null);
  const { width: room } = useSize(scroller);
  const columns = useMemo(() => fitColumns(props.columns, room), [props.columns, room]);
  // By key: rows that a refresh puts above must not move the mark to another row.
  const [activeKey, setActiveKey] = useState<string>();
  const active = useMemo(
    () => (activeKey === undefined ? -1 : rows.findIndex((row) => rowKey(row) === activeKey)),
    [rows, rowKey, activeKey],
  );
  const setActive = (index: number): void => setActiveKey(rows[index] === undefined ? undefined : rowKey(rows[index]));
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
    open: (i) => rows[i] !== undefined && props.onOpen?.(rows[i], false),
  });

  const items = inline ? rows.map((_, index) => ({ index })) : virtualizer.getVirtualItems();
  const firstIndex = items[0]?.index ?? 0;
  const lastIndex = items.at(-1)?.index ?? -1;
  return (
    <div
      className={`table-wrap ${inline ? 'inline' : ''} ${room > 0 && room < NARROW_PX ? 'narrow' : ''}`}
      ref={scroller}
      onScroll={(event) => props.onScroll?.(event.currentTarget.scrollTop)}
    >
      <table className="table" aria-label={label} aria-rowcount={rows.length}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={column.width ? { width: column.width } : undefined} />
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
          {items.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const className = `${props.onOpen ? 'clickable' : ''} ${index === active ? 'active' : ''} ${props.rowClass?.(row) ?? ''}`;
            return (
              <tr
                key={rowKey(row)}
                data-key={rowKey(row)}
                aria-rowindex={index + 1}
                aria-selected={index === active}
                className={className}
                style={{ height: rowHeight }}
                onClick={(event) => {
                  if ((event.target as Element).closest('a, button')) return;
                  setActive(index);
                  props.onOpen?.(row, event.ctrlKey || event.metaKey);
                }}
              >
                {columns.map((column) => (
                  <Cell key={column.id} isRight={column.align === 'right'} content={column.cell(row)} />
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
  const needed = (): number => shown.reduce((sum, { width, minWidth }) => sum + (width ?? minWidth ?? NAME_PX), 0);
  while (needed() > room) {
    const least = shown.reduce<Column<T> | undefined>(
      (found, column) => ((column.drop ?? 0) > (found?.drop ?? 0) ? column : found),
      undefined,
    );
    if (least === undefined) break;
    shown.splice(shown.indexOf(least), 1);
  }
  return shown;
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
  const { id, header, align, title, sortValue } = column;
  const direction = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : undefined;
  const className = align === 'right' ? 'right' : undefined;
  if (!sortValue || !onSort) {
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

function useSorted<T>({ rows, columns, sort }: TableProps<T>): readonly T[] {
  return useMemo(() => {
    if (!sort) return rows;
    const descending = sort.startsWith('-');
    const sortValue = columns.find(({ id }) => id === (descending ? sort.slice(1) : sort))?.sortValue;
    if (!sortValue) return rows;
    const sign = descending ? -1 : 1;
    return rows.toSorted((a, b) => {
      const left = sortValue(a);
      const right = sortValue(b);
      if (typeof left === 'string' || typeof right === 'string')
        return String(left).localeCompare(String(right)) * sign;
      return (left - right) * sign;
    });
  }, [rows, columns, sort]);
}

interface RowKeys {
  readonly enabled: boolean;
  readonly rowCount: number;
  readonly active: number;
  readonly setActive: (index: number) => void;
  readonly scrollTo: (index: number) => void;
  readonly open: (index: number) => void;
}

/** `j` and `k` move, `Enter` opens. Shared by everything that shows rows. */
export function useRowKeys({ enabled, rowCount, active, setActive, scrollTo, open }: RowKeys): void {
  const [isChosen, setChosen] = useState(false);
  // Whoever moves the focus or presses something turns to that instead.
  useEffect(() => {
    if (!isChosen) return;
    const forget = (): void => setChosen(false);
    document.addEventListener('focusin', forget);
    document.addEventListener('pointerdown', forget);
    return () => {
      document.removeEventListener('focusin', forget);
      document.removeEventListener('pointerdown', forget);
    };
  }, [isChosen]);
  const move = (to: number): void => {
    if (rowCount === 0) return;
    setChosen(true);
    const index = Math.max(0, Math.min(rowCount - 1, to));
    setActive(index);
    scrollTo(index);
  };
  useKeys(
    [
      { keys: 'j', help: 'Next row', group: 'Lists', run: () => move(active + 1) },
      { keys: 'k', help: 'Previous row', group: 'Lists', run: () => move(active < 0 ? 0 : active - 1) },
      { keys: 'ArrowDown', help: 'Next row', group: 'Lists', run: () => move(active + 1) },
      { keys: 'ArrowUp', help: 'Previous row', group: 'Lists', run: () => move(active < 0 ? 0 : active - 1) },
      { keys: 'Home', help: 'First row', group: 'Lists', run: () => move(0) },
      { keys: 'End', help: 'Last row', group: 'Lists', run: () => move(rowCount - 1) },
      {
        keys: 'Enter',
        help: 'Open the row',
        group: 'Lists',
        // Chosen by keys, the row is what Enter means, though the focus may still be on a button pressed before.
        overPressed: isChosen,
        run: () => active >= 0 && open(active),
      },
    ],
    enabled,
  );
}
