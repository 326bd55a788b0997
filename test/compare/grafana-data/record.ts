/**
 * Writes down what @grafana/data answers: `node test/compare/grafana-data/record.ts FOLDER`, where FOLDER is one in which
 * `npm install --ignore-scripts @grafana/data@13.2.3 react@19 react-dom@19` has run. It is no dependency of the project: it brings 211 packages.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { DataFrame } from '#dashboards';
import { CASES, DATA, REDUCED, REDUCERS } from './cases.ts';
import { written, writtenValue } from './written.ts';

interface Observable {
  subscribe(observer: { next(frames: DataFrame[]): void; error(error: Error): void }): void;
}

interface GrafanaData {
  readonly standardTransformers: Readonly<Record<string, { readonly id: string; readonly name: string }>>;
  readonly standardTransformersRegistry: { setInit(init: () => unknown[]): void };
  transformDataFrame(configs: readonly unknown[], frames: readonly DataFrame[]): Observable;
  reduceField(options: { field: unknown; reducers: readonly string[] }): Readonly<Record<string, unknown>>;
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('say in which folder @grafana/data is installed');
process.env.TZ = 'UTC';
const grafana = createRequire(resolve(folder, 'package.json'))('@grafana/data') as GrafanaData;
// Only when everything is loaded: with a window some of it looks for a document.
Object.assign(globalThis, { window: globalThis });
grafana.standardTransformersRegistry.setInit(() =>
  [
    ...new Set(Object.values(grafana.standardTransformers)),
    { ...grafana.standardTransformers.joinByFieldTransformer!, id: 'seriesToColumns' },
  ].map((transformation) => ({
    id: transformation.id,
    aliasIds: [],
    name: transformation.name,
    transformation: () => Promise.resolve(transformation),
  })),
);

function ask({ data, id, options, filter }: (typeof CASES)[number]): Promise<unknown> {
  return new Promise((answer) => {
    const config = structuredClone({ id, options, ...(filter && { filter }) });
    grafana.transformDataFrame([config], structuredClone(DATA[data]!)).subscribe({
      next: (frames) => answer(written(frames)),
      error: ({ message }) => answer({ error: message }),
    });
  });
}

const transformed: string[] = [];
for (const each of CASES) transformed.push(JSON.stringify(await ask(each)));
const reduced = REDUCED.map(({ type, values }) =>
  JSON.stringify(
    Object.fromEntries(
      REDUCERS.map((reducer) => {
        const field = { name: 'x', type, values: [...values], config: {} };
        const figures = grafana.reduceField({ field, reducers: [reducer] });
        const today = { current: 'lastNotNull', avg: 'mean', total: 'sum' }[reducer] ?? reducer;
        return [reducer, writtenValue(figures[today])];
      }),
    ),
  ),
);
const lists = { transformed, reduced };
const text = Object.entries(lists).map(([name, lines]) => `"${name}":[\n${lines.join(',\n')}\n]`);
writeFileSync(new URL('answers.json', import.meta.url), `{${text.join(',\n')}}\n`);
process.stdout.write(`${transformed.length} transformations, ${reduced.length * REDUCERS.length} figures\n`);
