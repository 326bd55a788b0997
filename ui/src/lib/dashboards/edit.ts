/** Changes of a dashboard's JSON. Each gives another one and leaves the one before as it is; whatever it doesn't know of stays. */
import {
  type GridPlace,
  isObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  objectsOf,
  readDashboard,
} from '#dashboards';

const COLUMNS = 24;
const NEW_PANEL = { w: 12, h: 8 } as const;

/** A panel by its id, wherever it stands. */
export function panelOf(json: JsonObject, id: number): JsonObject | undefined {
  return allPanels(json).find((panel) => panel.id === id);
}

function allPanels(json: JsonObject): readonly JsonObject[] {
  return objectsOf(json.panels).flatMap((panel) => [panel, ...objectsOf(panel.panels)]);
}

/** Each list of panels that share a grid, changed. */
function withLists(json: JsonObject, change: (panels: readonly JsonObject[]) => readonly JsonObject[]): JsonObject {
  const panels = change(objectsOf(json.panels)).map((panel) =>
    Array.isArray(panel.panels) && panel.panels.length > 0
      ? { ...panel, panels: [...change(objectsOf(panel.panels))] }
      : panel,
  );
  return { ...json, panels: [...panels] };
}

export function changePanel(json: JsonObject, id: number, change: (panel: JsonObject) => JsonObject): JsonObject {
  return withLists(json, (panels) => panels.map((panel) => (panel.id === id ? change(panel) : panel)));
}

export function removePanel(json: JsonObject, id: number): JsonObject {
  return withLists(json, (panels) => panels.filter((panel) => panel.id !== id));
}

function freeId(json: JsonObject): number {
  return 1 + Math.max(0, ...allPanels(json).map(({ id }) => numberOf(id) ?? 0));
}

/** Below the one that it is a copy of. */
export function copyPanel(json: JsonObject, id: number): JsonObject {
  const next = freeId(json);
  return withLists(json, (panels) => {
    const own = panels.find((panel) => panel.id === id);
    if (own === undefined) return panels;
    const grid = gridOf(own);
    const copy = { ...structuredClone(own), id: next, gridPos: { ...grid, y: grid.y + grid.h } };
    return settled([...panels, copy], next);
  });
}

/** An empty chart above all others. */
export function addPanel(json: JsonObject): { readonly json: JsonObject; readonly id: number } {
  const id = freeId(json);
  const panel: JsonObject = {
    ...{ id, type: 'timeseries', title: 'New panel', gridPos: { x: 0, y: 0, ...NEW_PANEL } },
    ...{ targets: [{ refId: 'A', expr: '' }], fieldConfig: { defaults: {}, overrides: [] }, options: {} },
  };
  return { json: { ...json, panels: [...settled([panel, ...objectsOf(json.panels)], id)] }, id };
}

export function gridOf({ gridPos }: JsonObject): GridPlace {
  const { x, y, w, h } = objectOf(gridPos);
  return { x: numberOf(x) ?? 0, y: numberOf(y) ?? 0, w: numberOf(w) ?? NEW_PANEL.w, h: numberOf(h) ?? NEW_PANEL.h };
}

/** Puts a panel at a place within the grid; what it would lie on moves down. */
export function placePanel(json: JsonObject, id: number, { x, y, w, h }: GridPlace): JsonObject {
  const width = Math.min(COLUMNS, Math.max(2, Math.round(w)));
  const place = {
    x: Math.min(COLUMNS - width, Math.max(0, Math.round(x))),
    y: Math.max(0, Math.round(y)),
    w: width,
    h: Math.max(2, Math.round(h)),
  };
  return withLists(json, (panels) =>
    panels.some((panel) => panel.id === id)
      ? settled(
          panels.map((panel) => (panel.id === id ? { ...panel, gridPos: place } : panel)),
          id,
        )
      : panels,
  );
}

/** The panel `id` stays where it is; each that it or a moved one lies on goes below it. */
function settled(panels: readonly JsonObject[], id: JsonValue): readonly JsonObject[] {
  const placed = panels.map((panel) => ({ panel, grid: gridOf(panel) }));
  const order = placed.toSorted((a, b) => Number(b.panel.id === id) - Number(a.panel.id === id) || a.grid.y - b.grid.y);
  for (const [i, one] of order.entries()) {
    // Only those before it are final.
    for (let again = true; again; ) {
      const under = order.slice(0, i).find((other) => overlap(one.grid, other.grid));
      again = under !== undefined;
      if (under !== undefined) one.grid = { ...one.grid, y: under.grid.y + under.grid.h };
    }
  }
  return placed.map(({ panel, grid }) => (gridOf(panel).y === grid.y ? panel : { ...panel, gridPos: { ...grid } }));
}

function overlap(a: GridPlace, b: GridPlace): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Sets `fieldConfig.defaults.unit` and its like by their path; an undefined value takes the member away. */
export function withMember(object: JsonObject, path: readonly string[], value: JsonValue | undefined): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) return object;
  const inner = rest.length === 0 ? value : withMember(objectOf(object[name]), rest, value);
  if (inner !== undefined) return { ...object, [name]: inner };
  const { [name]: _, ...others } = object;
  return others;
}

export function memberOf(object: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((at, name) => (isObject(at) ? at[name] : undefined), object);
}

/** As it is saved and downloaded. */
export function printJson(json: JsonObject): string {
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** A dashboard of its own: with another title, and the uid that the title makes. `fallback` makes one where the title has no letter for it. */
export function copyOf(json: JsonObject, title: string, fallback: string): JsonObject {
  const { uid: _, id: __, version: ___, ...rest } = json;
  return readDashboard({ name: fallback, text: JSON.stringify({ ...rest, id: null, title }) }).dashboard.json;
}

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Longer parts that differ are shown as a whole removed and a whole added. */
const MOST_CELLS = 4_000_000;

/** What became of the lines of a text. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  const changed = middleDiff(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...same(a.slice(0, start)), ...changed, ...same(end === 0 ? [] : a.slice(-end))];
}

/** By the longest common subsequence. */
function middleDiff(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: 'removed', text });
  const added = (text: string): DiffLine => ({ kind: 'added', text });
  if (a.length * b.length > MOST_CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] =
        a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!))
      lines.push(removed(a[i++]!));
    else lines.push(added(b[j++]!));
  }
  return lines;
}
