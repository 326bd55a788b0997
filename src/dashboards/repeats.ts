import { GRID_COLUMNS } from './migrate/index.ts';
import type { Panel, Row, VariableOption } from './model.ts';
import { ALL_VALUE, chosenValue, type ResolvedVariable, type Scope, ScopeOf } from './variables/index.ts';

/** A panel as it is drawn, with what its texts can name. */
export interface PlacedPanel {
  /** Tells it from its repeats. */
  readonly key: string;
  readonly panel: Panel;
  readonly scope: Scope;
}

export interface PlacedRow {
  readonly key: string;
  readonly row: Row;
  readonly scope: Scope;
  readonly panels: readonly PlacedPanel[];
}

/** Rows and panels with those that are repeated once for each chosen value; what is below them moves down. */
export function placeRows(rows: readonly Row[], scope: Scope, variables: readonly ResolvedVariable[]): PlacedRow[] {
  return rows.flatMap((row) =>
    scopesOf(row.repeat?.variable, scope, variables).map((own, index) => ({
      key: `${row.id} ${index}`,
      row,
      scope: own,
      panels: placePanels(row.panels, own, variables).map((placed) => ({ ...placed, key: `${index} ${placed.key}` })),
    })),
  );
}

function placePanels(panels: readonly Panel[], scope: Scope, variables: readonly ResolvedVariable[]): PlacedPanel[] {
  const placed: PlacedPanel[] = [];
  let shift = 0;
  for (const panel of panels) {
    const { repeat, grid } = panel;
    const scopes = scopesOf(repeat?.variable, scope, variables);
    const perRow =
      repeat === undefined || repeat.direction === 'down' ? 1 : Math.min(scopes.length, Math.max(1, repeat.maxPerRow));
    const w = repeat?.direction === 'right' ? Math.floor(GRID_COLUMNS / perRow) : grid.w;
    for (const [index, own] of scopes.entries()) {
      const x = repeat?.direction === 'right' ? (index % perRow) * w : grid.x;
      const y = grid.y + shift + Math.floor(index / perRow) * grid.h;
      placed.push({ key: `${panel.id} ${index}`, panel: { ...panel, grid: { ...grid, x, y, w } }, scope: own });
    }
    if (scopes.length > perRow) shift += (Math.ceil(scopes.length / perRow) - 1) * grid.h;
  }
  return placed;
}

/** One scope for each chosen value of a variable; the scope itself where nothing is repeated, or nothing is chosen. */
function scopesOf(name: string | undefined, scope: Scope, variables: readonly ResolvedVariable[]): Scope[] {
  const found = name === undefined ? undefined : variables.find(({ variable }) => variable.name === name);
  if (found === undefined) return [scope];
  const isAll = found.chosen.includes(ALL_VALUE);
  const options = found.options.filter(({ value }) => value !== ALL_VALUE && (isAll || found.chosen.includes(value)));
  if (options.length === 0) return [scope];
  return options.map((option: VariableOption) => {
    const value = chosenValue([option], false, true);
    return new ScopeOf(new Map([[name!, value]]), scope, new Map([...scope.variables, [name!, value]]));
  });
}
