import { isObject, type JsonObject, numberOf, objectsOf, textOf } from './json.ts';
import { GRID_COLUMNS } from './migrate/index.ts';

/**
 * Gives a migrated dashboard what its file leaves out: a title and a uid, an id for each panel that no other has, and places in the grid where a
 * panel has none. `name` is the file's.
 */
export function completeDashboard(json: JsonObject, name: string): JsonObject {
  const title = textOf(json.title) || stemOf(name);
  const panels = Array.isArray(json.panels) ? json.panels.filter(isObject) : [];
  giveIds(panels);
  if (panels.some((panel) => !isObject(panel.gridPos))) placePanels(panels);
  for (const row of panels) placeWithin(row);
  return { ...json, title, uid: textOf(json.uid) || uidOf(title) || uidOf(stemOf(name)) || 'dashboard' };
}

function stemOf(name: string): string {
  return name.replace(/^.*[/\\]/, '').replace(/\.json$/i, '');
}

/** At most 40 characters, as Grafana allows. */
function uidOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
}

function giveIds(panels: readonly JsonObject[]): void {
  const all = panels.flatMap((panel) => [panel, ...objectsOf(panel.panels)]);
  const seen = new Set<number>();
  let next = 1 + Math.max(0, ...all.map(({ id }) => numberOf(id) ?? 0));
  for (const panel of all) {
    const id = numberOf(panel.id);
    panel.id = id === undefined || seen.has(id) ? next++ : id;
    seen.add(panel.id as number);
  }
}

interface Size {
  readonly w: number;
  readonly h: number;
}

/** How much room a panel of a type wants: figures are small, lists wide. */
function sizeOf(type: string | undefined): Size {
  if (type === 'row') return { w: GRID_COLUMNS, h: 1 };
  if (type === 'stat' || type === 'gauge') return { w: 6, h: 5 };
  if (type === 'table' || type === 'logs' || type === 'traces') return { w: GRID_COLUMNS, h: 10 };
  if (type === 'text') return { w: GRID_COLUMNS, h: 4 };
  return { w: 12, h: 8 };
}

/**
 * Places panels that have none below those that have one, in their order and in lines. A line is filled: what is in it shares the width, and is
 * as high as its highest.
 */
function placePanels(panels: readonly JsonObject[]): void {
  const placed = panels.filter((panel) => isObject(panel.gridPos));
  let y = Math.max(0, ...placed.map(({ gridPos }) => endOf(gridPos as JsonObject)));
  let line: { panel: JsonObject; size: Size }[] = [];
  const flush = (): void => {
    const h = Math.max(0, ...line.map(({ size }) => size.h));
    const wanted = line.reduce((sum, { size }) => sum + size.w, 0);
    let x = 0;
    for (const [index, { panel, size }] of line.entries()) {
      const isLast = index === line.length - 1;
      const w = isLast ? GRID_COLUMNS - x : Math.floor((size.w * GRID_COLUMNS) / wanted);
      panel.gridPos = { x, y, w, h };
      x += w;
    }
    y += h;
    line = [];
  };
  for (const panel of panels) {
    if (isObject(panel.gridPos)) continue;
    const size = sizeOf(textOf(panel.type));
    const used = line.reduce((sum, entry) => sum + entry.size.w, 0);
    if (used + size.w > GRID_COLUMNS) flush();
    line.push({ panel, size });
  }
  flush();
}

function endOf(grid: JsonObject): number {
  return (numberOf(grid.y) ?? 0) + (numberOf(grid.h) ?? 0);
}

/** The panels of a collapsed row, in a grid of their own below its title. */
function placeWithin(row: JsonObject): void {
  const panels = objectsOf(row.panels);
  if (panels.some((panel) => !isObject(panel.gridPos))) placePanels(panels);
}
