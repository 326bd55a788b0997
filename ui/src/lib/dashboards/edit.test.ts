import { expect, test } from 'vitest';
import { type JsonObject, readDashboard } from '#dashboards';
import {
  addPanel,
  changePanel,
  copyOf,
  copyPanel,
  diffLines,
  gridOf,
  panelOf,
  placePanel,
  printJson,
  removePanel,
  withMember,
} from './edit.ts';

const at = (id: number, x: number, y: number, w: number, h: number): JsonObject => ({
  id,
  gridPos: { x, y, w, h },
  kept: id,
});
const JSON_OF: JsonObject = {
  title: 'T',
  unknown: { a: 1 },
  panels: [
    at(1, 0, 0, 12, 8),
    at(2, 12, 0, 12, 8),
    at(3, 0, 8, 24, 4),
    { ...at(4, 0, 12, 24, 1), type: 'row', panels: [at(5, 0, 13, 6, 4)] },
  ],
};
const places = (json: JsonObject): unknown =>
  [1, 2, 3].map((id) => {
    const panel = panelOf(json, id);
    return panel === undefined ? undefined : Object.values(gridOf(panel));
  });

test('a panel that is put on others moves them down, and those below them; the grid holds it', () => {
  const moved = placePanel(JSON_OF, 1, { x: 20, y: 2, w: 12, h: 8 });
  expect(places(moved)).toEqual([
    [12, 2, 12, 8],
    [12, 10, 12, 8],
    [0, 18, 24, 4],
  ]);
  expect(places(JSON_OF)).toEqual([
    [0, 0, 12, 8],
    [12, 0, 12, 8],
    [0, 8, 24, 4],
  ]);
  expect(moved.unknown).toEqual({ a: 1 });
  expect(panelOf(moved, 3)?.kept).toBe(3);
});

test('panels are added, copied, changed and removed, in rows too', () => {
  const { json, id } = addPanel(JSON_OF);
  expect([id, Object.values(gridOf(panelOf(json, 6)!)), places(json)]).toEqual([
    6,
    [0, 0, 12, 8],
    [
      [0, 8, 12, 8],
      [12, 0, 12, 8],
      [0, 16, 24, 4],
    ],
  ]);
  expect(gridOf(panelOf(copyPanel(JSON_OF, 5), 6)!)).toEqual({ x: 0, y: 17, w: 6, h: 4 });
  expect(panelOf(removePanel(JSON_OF, 5), 5)).toBeUndefined();
  const changed = changePanel(JSON_OF, 5, (panel) => withMember(panel, ['fieldConfig', 'defaults', 'unit'], 's'));
  expect(panelOf(changed, 5)?.fieldConfig).toEqual({ defaults: { unit: 's' } });
  expect(withMember({ a: { b: 1 } }, ['a', 'b'], undefined)).toEqual({ a: {} });
});

test.each([
  { before: 'a\nb\nc', after: 'a\nb\nc', want: ' a, b, c' },
  { before: 'a\nb\nc', after: 'a\nx\nc\nd', want: ' a,-b,+x, c,+d' },
  { before: '', after: 'a', want: '-,+a' },
  { before: 'x\na\nb', after: 'a\nb', want: '-x, a, b' },
])('what became of $before', ({ before, after, want }) => {
  const signs = { same: ' ', added: '+', removed: '-' };
  expect(
    diffLines(before, after)
      .map(({ kind, text }) => `${signs[kind]}${text}`)
      .join(),
  ).toBe(want);
});

test('what nobody knows survives reading, changing, printing and copying, wherever it stands', () => {
  const unknown = { kept: [1, { deep: null }] };
  const json: JsonObject = {
    ...{ uid: 'u', title: 'T', schemaVersion: 42, unknown, id: 7, version: 3 },
    templating: { list: [{ name: 'v', type: 'custom', query: 'a,b', unknown }], unknown },
    annotations: { list: [{ name: 'n', unknown }] },
    panels: [
      {
        ...{ id: 1, type: 'timeseries', gridPos: { x: 0, y: 0, w: 8, h: 4, unknown }, unknown },
        targets: [{ refId: 'A', expr: 'up', unknown }],
        fieldConfig: {
          defaults: { custom: { unknown }, unknown },
          overrides: [{ matcher: {}, properties: [], unknown }],
        },
        options: { unknown },
        transformations: [{ id: 'nobodyKnows', options: { unknown } }],
      },
      { id: 2, type: 'a-plug-in', gridPos: { x: 8, y: 0, w: 8, h: 4 }, ofThePlugIn: unknown },
    ],
  };
  const read = (text: string): JsonObject => readDashboard({ name: 'u.json', text }).dashboard.json;
  const first = read(JSON.stringify(json));
  expect(first).toEqual(json);
  const changed = changePanel(first, 2, (panel) => ({ ...panel, title: 'X' }));
  expect(read(printJson(changed))).toEqual(changed);
  expect(withMember(panelOf(changed, 2)!, ['title'], undefined)).toEqual(panelOf(json, 2));
  const { uid: _, id: __, version: ___, title: ____, ...rest } = changed;
  expect(copyOf(changed, 'A copy', 'u-copy')).toEqual({ ...rest, uid: 'a-copy', id: null, title: 'A copy' });
  expect(copyOf(changed, '試し', 'u-copy').uid).toBe('u-copy');
});
