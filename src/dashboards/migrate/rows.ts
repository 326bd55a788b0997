import { type JsonObject, numberOf, objectsOf } from '../json.ts';

/** Up to schema 15 a dashboard was rows of panels, each with a span of twelfths of the width and the row's height in pixels. */
const COLUMNS_PER_SPAN = 2;
const COLUMNS = 24;
/** A cell of the grid: 30 px and 8 px between two of them. */
const CELL_PX = 38;
const ROW_PX = 250;
const PANEL_CELLS_MIN = 3;

/** The panels of old rows with their places in the grid; titles of rows that were shown become row panels. */
export function panelsOfRows(rows: readonly JsonObject[]): JsonObject[] {
  const showsTitles = rows.some((row) => row.collapse === true || row.showTitle === true || Boolean(row.repeat));
  let nextId = 1 + Math.max(0, ...rows.flatMap((row) => objectsOf(row.panels)).map((panel) => numberOf(panel.id) ?? 0));
  let y = 0;
  const panels: JsonObject[] = [];
  for (const row of rows) {
    const placed = placePanels(row, showsTitles ? y + 1 : y);
    if (!showsTitles) {
      panels.push(...placed.panels);
      y = placed.bottom;
      continue;
    }
    const isCollapsed = row.collapse === true;
    panels.push({
      ...withoutLayout(row),
      id: nextId++,
      type: 'row',
      title: row.title ?? '',
      collapsed: isCollapsed,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: isCollapsed ? placed.panels : [],
    });
    if (!isCollapsed) panels.push(...placed.panels);
    y = isCollapsed ? y + 1 : placed.bottom;
  }
  return panels;
}

function withoutLayout(row: JsonObject): JsonObject {
  const { panels: _panels, collapse: _collapse, showTitle: _showTitle, height: _height, ...rest } = row;
  return rest;
}

/** From left to right; one that no longer fits begins below the tallest beside it. */
function placePanels(row: JsonObject, top: number): { readonly panels: JsonObject[]; readonly bottom: number } {
  const rowPx = pixelsOf(row.height) ?? ROW_PX;
  let x = 0;
  let y = top;
  let bottom = top;
  const panels = objectsOf(row.panels).map((panel): JsonObject => {
    const w = Math.min(COLUMNS, Math.max(1, Math.round((numberOf(panel.span) ?? 4) * COLUMNS_PER_SPAN)));
    const h = Math.max(PANEL_CELLS_MIN, Math.ceil((pixelsOf(panel.height) ?? rowPx) / CELL_PX));
    if (x + w > COLUMNS) {
      x = 0;
      y = bottom;
    }
    const gridPos = { x, y, w, h };
    x += w;
    bottom = Math.max(bottom, y + h);
    const { span: _span, height: _height, ...rest } = panel;
    return { ...rest, gridPos };
  });
  return { panels, bottom };
}

/** `"250px"` and 250 alike. */
function pixelsOf(height: unknown): number | undefined {
  const pixels = typeof height === 'string' ? Number.parseFloat(height) : height;
  return typeof pixels === 'number' && pixels > 0 ? pixels : undefined;
}
