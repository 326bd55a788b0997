/**
 * How many panels of public dashboards are drawn on synthesized data: `node ui/test/public-dashboards.ts [FILE …]`, where files are dashboards besides
 * those of test/conformance/public. A panel counts when every target has a frame with values after its transformations, and what is plotted is what the
 * query answered. `--write` keeps the result in bench/results.
 */
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  OWN_SOURCES,
  objectOf,
  type Panel,
  type PanelQuery,
  planPanel,
  type ReadDashboard,
  readDashboard,
  resolveVariables,
} from '#dashboards';
import { parsePromql, promType } from '#lang/promql';
import { DEFAULT_OPTIONS, FLOAT, type PromqlAnswer, queryInstant, queryRange } from '#query/promql.ts';
import { FAKE_ASK, Synthesizer } from '../../src/dashboards/testing/index.ts';
import {
  type PublicQuery,
  publicFiles,
  queriesOf,
  readPublic,
  TIME,
} from '../../test/conformance/public/read-public.ts';
import { SyntheticSource } from '../../test/conformance/public/synthetic-source.ts';
import type { QuerySeries } from '../src/lib/dashboards/ask.ts';
import { gridOf, panelData } from '../src/lib/dashboards/panel-data.ts';

const STEP_MS = 60_000;
/** The points that the console asks for: multiples of the step. */
const GRID = gridOf(TIME.toMs - 600_000, TIME.toMs, STEP_MS);
/** What the console draws of queries, and what it draws without. */
const OF_QUERIES = new Set([
  ...[
    'timeseries',
    'trend',
    'stat',
    'gauge',
    'bargauge',
    'table',
    'barchart',
    'histogram',
    'piechart',
    'heatmap',
    'nodeGraph',
  ],
  ...['state-timeline', 'status-history', 'logs', 'traces'],
]);
const OF_ITSELF = new Set(['text', 'alertlist', 'dashlist', 'row']);

interface Outcome {
  readonly file: string;
  readonly panel: string;
  /** Empty: it is drawn. */
  readonly lacks: string;
  /** Of another data source or a map: what may be lacking. */
  readonly isAllowed: boolean;
}

async function answer({ expr, isInstant }: PanelQuery, source: SyntheticSource): Promise<PromqlAnswer> {
  const asked = { expr: parsePromql(expr), source, options: DEFAULT_OPTIONS };
  if (isInstant || promType(asked.expr) === 'string') return queryInstant(asked, TIME.toMs);
  return queryRange(asked, { startMs: GRID.startMs, endMs: TIME.toMs, stepMs: STEP_MS });
}

/** As the API writes it. */
function seriesOf(found: PromqlAnswer, isInstant: boolean): QuerySeries['series'] {
  if (!('series' in found)) return [];
  const { startMs, stepMs } = found.grid;
  return found.series.map(({ labels, kinds, floats, histograms }) => {
    const metric = Object.fromEntries(labels.pairs);
    const valueAt = (i: number): number => (kinds[i] === FLOAT ? floats[i]! : (histograms?.[i]?.count ?? Number.NaN));
    const points = Array.from(kinds, (_, i) => [(startMs + i * stepMs) / 1000, String(valueAt(i))] as const).filter(
      (_, i) => kinds[i] !== 0,
    );
    return isInstant ? { metric, value: points[0]! } : { metric, values: points };
  });
}

/** Values that are plotted otherwise than they were answered; of panels whose transformations change nothing. */
function isPlottedAsAnswered(panel: Panel, answers: readonly QuerySeries[]): boolean {
  const { series } = panelData(panel, answers, GRID);
  const answered = answers.flatMap(({ query, series: found }) => found.map((each) => ({ query, each })));
  if (answers.some(({ query }) => query.format !== 'time_series')) return true;
  return answered.every(({ query, each }, i) => {
    if (query.isInstant) return Object.is(series[i]?.values[0], Number(each.value?.[1]));
    return (each.values ?? []).every(([seconds, text]) => {
      const plotted = series[i]?.values[Math.round((seconds * 1000 - GRID.startMs) / STEP_MS)];
      return Object.is(plotted ?? Number.NaN, Number(text));
    });
  });
}

async function lackOf(panel: Panel, source: SyntheticSource, plan: ReturnType<typeof planPanel>): Promise<string> {
  if (OF_ITSELF.has(panel.type)) return '';
  if (!OF_QUERIES.has(panel.type)) return `panels of type ${panel.type} are not drawn`;
  const others = plan.queries.filter((query) => query.source !== 'prometheus');
  if (others.length > 0) return '';
  if (plan.queries.length === 0) return plan.unanswered[0]?.reason ?? '';
  const answers: QuerySeries[] = [];
  for (const query of plan.queries) {
    const series = seriesOf(await answer(query, source), query.isInstant);
    if (series.length === 0) return `query ${query.refId} finds nothing on synthesized data`;
    answers.push({ query, series });
  }
  const { frames, problems } = panelData(panel, answers, GRID);
  if (problems.length > 0) return problems[0]!;
  const isFilled = frames.some(({ fields }) =>
    fields.some(({ values }) => values.some((value) => value !== null && value !== undefined)),
  );
  if (!isFilled) return 'nothing is left by its transformations';
  const isChanged = panel.transformations.some(({ isDisabled }) => !isDisabled);
  return isChanged || isPlottedAsAnswered(panel, answers) ? '' : 'plots other values than were answered';
}

async function outcomesOf(file: string, read: ReadDashboard, exprs: readonly PublicQuery[]): Promise<Outcome[]> {
  const { dashboard } = read;
  const synthesizer = new Synthesizer();
  for (const { expr, label } of exprs)
    try {
      if (label === undefined) synthesizer.add(parsePromql(expr));
      else synthesizer.addLabel(parsePromql(expr), label);
    } catch {
      // Its panel says what is wrong with it.
    }
  addColumns(
    synthesizer,
    read,
    new Map(exprs.filter(({ query }) => query?.format === 'table').map(({ place, expr }) => [place, expr])),
  );
  const source = new SyntheticSource(synthesizer.series(), TIME.fromMs, 15_000);
  const { scope } = await resolveVariables({
    dashboard,
    chosen: new Map(),
    time: TIME,
    ask: FAKE_ASK,
    sources: OWN_SOURCES,
  });
  const outcomes: Outcome[] = [];
  for (const panel of dashboard.rows.flatMap(({ panels }) => panels)) {
    const plan = planPanel(panel, { scope, time: TIME, widthPx: 800, scrapeIntervalMs: 15_000 });
    const lacks = await lackOf(panel, source, plan).catch((error: unknown) => `fails: ${String(error)}`);
    const isAllowed = panel.type === 'geomap' || (plan.queries.length === 0 && plan.unanswered.length > 0);
    outcomes.push({ file, panel: `${panel.id} "${panel.title}" (${panel.type})`, lacks, isAllowed });
  }
  return outcomes;
}

/** Labels that only a table's columns name: the data must have them, too. */
function addColumns(synthesizer: Synthesizer, { dashboard }: ReadDashboard, exprs: ReadonlyMap<string, string>): void {
  for (const { id, transformations } of dashboard.rows.flatMap(({ panels }) => panels))
    for (const { options } of transformations)
      for (const name of Object.keys(objectOf(options.renameByName)).filter((each) => /^[a-z_][a-z0-9_]*$/.test(each)))
        for (const [place, expr] of exprs)
          if (place.includes(`: ${id} `)) synthesizer.addLabel(parsePromql(expr), name);
}

const files = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const outcomes: Outcome[] = [];
for (const file of [...publicFiles('dashboards/**/*.json'), ...files.map((each) => resolve(each))]) {
  const { queries } = await queriesOf(file);
  const name = file.startsWith('/') ? basename(file) : file.replace(/^dashboards\//, '');
  outcomes.push(...(await outcomesOf(name, readDashboard({ name, text: readPublic(file) }), queries)));
}

const drawn = outcomes.filter(({ lacks }) => lacks === '');
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const owed = outcomes.filter(({ isAllowed, lacks }) => lacks === '' || !isAllowed);
const lines = [
  'Panels of public dashboards that are drawn on synthesized data: node ui/test/public-dashboards.ts --write',
  '',
  `dashboards        ${new Set(outcomes.map(({ file }) => file)).size}`,
  `panels            ${outcomes.length}`,
  `drawn             ${drawn.length} (${share(drawn.length, outcomes.length)})`,
  `without maps and other data sources: ${drawn.length} of ${owed.length} (${share(drawn.length, owed.length)})`,
  '',
  'Not drawn:',
  ...outcomes
    .filter(({ lacks }) => lacks !== '')
    .map(({ file, panel, lacks, isAllowed }) => `${isAllowed ? '(may lack) ' : ''}${file}: ${panel}: ${lacks}`),
];
process.stdout.write(`${lines.join('\n')}\n`);
if (process.argv.includes('--write'))
  writeFileSync(new URL('../../bench/results/dashboards-drawn.txt', import.meta.url), `${lines.join('\n')}\n`);
