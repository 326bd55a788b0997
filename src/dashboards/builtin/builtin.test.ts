import { expect, test } from 'vitest';
import { parsePromql, selectorsIn } from '#lang/promql';
import { planPanel } from '../panel-queries.ts';
import { readDashboard } from '../read/index.ts';
import { FAKE_ASK } from '../testing/index.ts';
import { resolveVariables } from '../variables/index.ts';
import { builtinDashboards } from './index.ts';

const TIME = { fromMs: 1_700_000_000_000, toMs: 1_700_003_600_000 };

test('every built-in dashboard is read without a mistake, and asks in PromQL; own metrics are asked for as such', async () => {
  const uids = new Set<string>();
  for (const { file, text } of builtinDashboards()) {
    const { dashboard, problems } = readDashboard({ name: file, text });
    expect(problems).toEqual([]);
    uids.add(dashboard.uid);
    const { scope } = await resolveVariables({ dashboard, chosen: new Map(), time: TIME, ask: FAKE_ASK, sources: [] });
    for (const panel of dashboard.rows.flatMap(({ panels }) => panels)) {
      const { queries, unanswered } = planPanel(panel, { scope, time: TIME, widthPx: 600 });
      expect({ file, title: panel.title, unanswered }).toEqual({ file, title: panel.title, unanswered: [] });
      expect(queries.length).toBeGreaterThan(0);
      for (const { expr } of queries)
        for (const { matchers } of selectorsIn(parsePromql(expr))) {
          const isOwn = matchers.some(({ name, value }) => name === '__name__' && /^(otelcol|signalbox)_/.test(value));
          if (isOwn) expect(matchers).toContainEqual({ name: 'job', operator: '=', value: 'signalbox' });
        }
    }
  }
  expect(uids.size).toBe(11);
});

test('built-in charts call their lines by something else than a query, and tables are sorted by a column that they have', () => {
  for (const { file, text } of builtinDashboards()) {
    const { panels } = JSON.parse(text) as { panels: readonly BuiltPanel[] };
    for (const { title, type, targets = [], options, transformations = [] } of panels) {
      if (type === 'timeseries')
        expect({ file, title, legends: targets.map(({ legendFormat }) => legendFormat) }).not.toMatchObject({
          legends: expect.arrayContaining(['__auto']),
        });
      const columns = transformations.flatMap((each) => Object.values(each.options.renameByName ?? {}));
      for (const { displayName } of options?.sortBy ?? []) expect(columns).toContain(displayName);
    }
  }
});

test('where nothing is measured no built-in panel has a value, which could be a good one', () => {
  for (const { file, text } of builtinDashboards())
    expect({ file, has: /\bvector\(/.test(text) }).toEqual({ file, has: false });
});

interface BuiltPanel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly legendFormat: string }[];
  readonly options?: { readonly sortBy?: readonly { readonly displayName: string }[] };
  readonly transformations?: readonly {
    readonly options: { readonly renameByName?: Readonly<Record<string, string>> };
  }[];
}
