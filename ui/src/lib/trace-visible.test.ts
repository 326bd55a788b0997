import { describe, expect, test } from 'vitest';
import { criticalPath } from '#base/critical-path.ts';
import { idOf, type SpanLine, traceModelOf, traceOf } from '../../test/trace-fixture.ts';
import { enumText } from './frame.ts';
import { rowOfSpan, type TraceModel } from './trace-model.ts';
import {
  carryVisibleState,
  collapseToLevel,
  FOLD_ABOVE_SPANS,
  initialVisibleState,
  openFold,
  revealRow,
  setServiceCollapsed,
  setSubtreeCollapsed,
  toggleCollapsed,
  type VisibleState,
  visibleRows,
} from './trace-visible.ts';

const small = traceModelOf(
  traceOf([
    { name: 'root', start: 0, end: 100 },
    { name: 'a', parent: 'root', start: 10, end: 40, service: 'orders' },
    { name: 'a1', parent: 'a', start: 12, end: 20, service: 'orders' },
    { name: 'a11', parent: 'a1', start: 13, end: 14, service: 'orders' },
    { name: 'b', parent: 'root', start: 50, end: 90 },
  ]),
);

/** A root with `count` short children of one leaf each; some of them fail or take long. */
function wide(count: number, special: Readonly<Record<number, 'failed' | 'long'>>): TraceModel {
  const lines: SpanLine[] = [{ name: 'root', start: 0, end: count * 10 }];
  for (let i = 0; i < count; i++) {
    const end = i * 10 + (special[i] === 'long' ? 900 : 1);
    lines.push({ name: `c${i}`, parent: 'root', start: i * 10, end });
    lines.push({ name: `leaf${i}`, parent: `c${i}`, start: i * 10, end: i * 10 + 1, failed: special[i] === 'failed' });
  }
  return traceModelOf(traceOf(lines));
}

const shown = (model: TraceModel, state: VisibleState): string[] => {
  const { lines, folds } = visibleRows(model, state);
  return [...lines].map((line) =>
    line >= 0 ? enumText(model.name, line) : `fold of ${folds[-1 - line]!.siblingCount}`,
  );
};

describe('collapsing', () => {
  const open = initialVisibleState(small, criticalPath(small).onPath);

  test('a small trace opens whole', () => {
    expect(shown(small, open)).toEqual(['root', 'a', 'a1', 'a11', 'b']);
  });

  test('a collapsed row hides its subtree, and shows it again', () => {
    const closed = toggleCollapsed(open, 1);
    expect(shown(small, closed)).toEqual(['root', 'a', 'b']);
    expect(shown(small, toggleCollapsed(closed, 1))).toEqual(shown(small, open));
  });

  test('by level', () => {
    expect(shown(small, collapseToLevel(small, 0))).toEqual(['root']);
    expect(shown(small, collapseToLevel(small, 1))).toEqual(['root', 'a', 'b']);
    expect(shown(small, collapseToLevel(small, 2))).toEqual(['root', 'a', 'a1', 'b']);
  });

  test('by service', () => {
    const orders = small.service.texts.indexOf('orders');
    const closed = setServiceCollapsed(small, open, orders, true);
    expect(shown(small, closed)).toEqual(['root', 'a', 'b']);
    expect(shown(small, setServiceCollapsed(small, closed, orders, false))).toEqual(shown(small, open));
  });

  test('by subtree: opening again opens all of it', () => {
    const closed = setSubtreeCollapsed(small, open, 1, true);
    expect(shown(small, closed)).toEqual(['root', 'a', 'b']);
    expect(shown(small, toggleCollapsed(closed, 1))).toEqual(['root', 'a', 'a1', 'b']);
    expect(shown(small, setSubtreeCollapsed(small, closed, 1, false))).toEqual(shown(small, open));
  });

  test('revealing a row opens what hides it and nothing else', () => {
    expect(shown(small, revealRow(small, collapseToLevel(small, 0), 3))).toEqual(['root', 'a', 'a1', 'a11', 'b']);
    expect(shown(small, revealRow(small, collapseToLevel(small, 1), 2))).toEqual(['root', 'a', 'a1', 'b']);
  });
});

describe('a large trace', () => {
  const count = FOLD_ABOVE_SPANS;
  const model = wide(count, { 500: 'failed', 900: 'long' });
  const state = initialVisibleState(model, new Uint8Array(model.count));
  const lines = shown(model, state);

  test('opens with what matters and folds the rest', () => {
    expect(lines.length).toBeLessThan(400);
    expect(lines).toContain('leaf500');
    expect(lines).toContain('c900');
    expect(lines.filter((line) => line.startsWith('fold')).length).toBeGreaterThan(0);
  });

  test('every span is in exactly one place: shown, below a collapsed row, or in a fold', () => {
    const rows = visibleRows(model, state);
    let total = 0;
    for (const line of rows.lines) {
      total += line < 0 ? rows.folds[-1 - line]!.spanCount : state.collapsed[line] ? model.subtreeSize[line]! : 1;
    }
    expect(total).toBe(model.count);
  });

  test('a fold opens to its siblings, and a search opens the one that was found', () => {
    const { folds } = visibleRows(model, state);
    const [fold] = folds;
    const opened = visibleRows(model, openFold(state, fold!.firstRow));
    expect(opened.lines.length).toBe(visibleRows(model, state).lines.length + fold!.siblingCount - 1);
    const hidden = rowOfSpan(model, idOf('leaf3'));
    expect(lines).not.toContain('leaf3');
    expect(shown(model, revealRow(model, state, hidden))).toContain('leaf3');
  });

  test('asking for a level ends the folding', () => {
    expect(shown(model, collapseToLevel(model, 1))).toHaveLength(count + 1);
  });
});

describe('late spans', () => {
  const open = initialVisibleState(small, criticalPath(small).onPath);
  const none = (model: TraceModel): Uint8Array => new Uint8Array(model.count);

  test('leave collapsed what was collapsed, although the rows are others', () => {
    const grown = traceModelOf(
      traceOf([
        { name: 'root', start: 0, end: 100 },
        { name: 'new', parent: 'root', start: 5, end: 9 },
        { name: 'new1', parent: 'new', start: 6, end: 7 },
        { name: 'a', parent: 'root', start: 10, end: 40, service: 'orders' },
        { name: 'a1', parent: 'a', start: 12, end: 20, service: 'orders' },
        { name: 'a11', parent: 'a1', start: 13, end: 14, service: 'orders' },
        { name: 'b', parent: 'root', start: 50, end: 90 },
        { name: 'b1', parent: 'b', start: 60, end: 70 },
      ]),
    );
    const before = { model: small, state: toggleCollapsed(open, rowOfSpan(small, idOf('a'))) };
    expect(shown(grown, carryVisibleState(before, grown, none(grown)))).toEqual([
      'root',
      'new',
      'new1',
      'a',
      'b',
      'b1',
    ]);
    const level = { model: small, state: collapseToLevel(small, 1) };
    expect(shown(grown, carryVisibleState(level, grown, none(grown)))).toEqual(['root', 'new', 'new1', 'a', 'b']);
  });

  test('leave opened folds open, and fold like the others', () => {
    const before = wide(FOLD_ABOVE_SPANS, { 500: 'failed' });
    const state = initialVisibleState(before, none(before));
    const [first] = visibleRows(before, state).folds;
    const opened = openFold(state, first!.firstRow);
    const after = wide(FOLD_ABOVE_SPANS + 50, { 500: 'failed' });
    const carried = carryVisibleState({ model: before, state: opened }, after, none(after));
    expect(shown(after, carried)).toContain('c3');
    expect(shown(after, carried)).not.toContain(`c${FOLD_ABOVE_SPANS + 20}`);
    expect(shown(after, carryVisibleState({ model: before, state }, after, none(after)))).not.toContain('c3');
  });

  test('do not fold a trace that was open whole', () => {
    const after = wide(FOLD_ABOVE_SPANS, {});
    const carried = carryVisibleState({ model: small, state: open }, after, none(after));
    expect(shown(after, carried)).toHaveLength(after.count);
  });
});
