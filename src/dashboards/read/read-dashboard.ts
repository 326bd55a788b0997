import { isObject, type JsonObject, numberOf, objectOf, textOf } from '../json.ts';
import { lineAt, lineOfPath } from '../json-lines.ts';
import { brief, JsonPlace, type Report } from '../json-place.ts';
import { completeDashboard } from '../layout.ts';
import { migrateDashboard } from '../migrate/index.ts';
import type { Annotation, Dashboard, Input } from '../model.ts';
import { DashboardError, type DashboardProblem, type JsonPath, printPath } from '../problem.ts';
import { readLink } from './link.ts';
import { readRows } from './panel.ts';
import { readSource } from './source.ts';
import { readVariable } from './variable.ts';

export interface DashboardFile {
  /** For messages, and for the title and uid of a dashboard that has none. */
  readonly name: string;
  readonly text: string;
}

export interface ReadDashboard {
  readonly dashboard: Dashboard;
  /** What could not be read of it. */
  readonly problems: readonly DashboardProblem[];
}

/**
 * Grafana's dashboard JSON of schema 14 to 42: as a file for provisioning, as an answer of Grafana's API (`{dashboard, meta}`), as it is exported for
 * others (`__inputs`) or as a resource (`apiVersion`, `spec`). Mistakes cost what they are in, and are listed. Throws a DashboardError
 * where there is no dashboard that can be drawn.
 */
export function readDashboard(file: DashboardFile): ReadDashboard {
  const written = parseJson(file);
  const { json, base } = unwrap(file, written);
  const problems: DashboardProblem[] = [];
  const whole = completeDashboard(migrateDashboard(json), file.name);
  const hasPlace = (path: JsonPath): boolean => path.length === 0 || objectOf(json)[String(path[0])] !== undefined;
  const report: Report = (path, message) =>
    problems.push({
      file: file.name,
      line: hasPlace(path) ? lineOfPath(file.text, [...base, ...path]) : undefined,
      panel: undefined,
      field: printPath(path),
      message,
    });
  const reportPanel = (panel: string, from: number): Report => {
    return (path, message) =>
      problems.push({
        file: file.name,
        line: hasPlace(path) ? lineOfPath(file.text, [...base, ...path]) : undefined,
        panel,
        field: printPath(path.slice(from)),
        message,
      });
  };
  const place = new JsonPlace(whole, [], report);
  const dashboard = readAll(place, numberOf(json.schemaVersion) ?? 0, reportPanel);
  return { dashboard, problems };
}

function parseJson({ name, text }: DashboardFile): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const offset = /position (\d+)/.exec(reason)?.[1];
    throw refusal(name, offset === undefined ? undefined : lineAt(text, Number(offset)), '', `no JSON: ${reason}`);
  }
  if (isObject(value)) return value;
  throw refusal(name, 1, '', `must be a dashboard's JSON object, got ${brief(value as null)}`);
}

/** The dashboard itself, and where in the file it stands. */
function unwrap(
  { name, text }: DashboardFile,
  json: JsonObject,
): { readonly json: JsonObject; readonly base: JsonPath } {
  const api = textOf(json.apiVersion) ?? '';
  const spec = objectOf(json.spec);
  if (
    /\/v2/.test(api) ||
    (isObject(json.elements) && isObject(json.layout)) ||
    (isObject(spec.elements) && isObject(spec.layout))
  )
    throw refusal(
      name,
      lineOfPath(text, api === '' ? [] : ['apiVersion']),
      api === '' ? 'elements' : 'apiVersion',
      'is a dashboard of schema v2, which is not read yet; export it from Grafana as "Classic" (v1), which has the same panels',
    );
  if (api !== '' && isObject(json.spec)) return { json: spec, base: ['spec'] };
  const within = json.dashboard;
  if (isObject(within) && (Array.isArray(within.panels) || Array.isArray(within.rows)))
    return { json: within, base: ['dashboard'] };
  if (!Array.isArray(json.panels) && !Array.isArray(json.rows))
    throw refusal(name, 1, 'panels', 'is missing: this is no dashboard of Grafana, which has panels or rows');
  return { json, base: [] };
}

function refusal(file: string, line: number | undefined, field: string, message: string): DashboardError {
  return new DashboardError({ file, line, panel: undefined, field, message });
}

const CURSORS = ['alone', 'shared', 'shared-with-tip'] as const;

function readAll(
  place: JsonPlace,
  schemaVersion: number,
  reportPanel: (panel: string, from: number) => Report,
): Dashboard {
  const time = place.object('time');
  return {
    uid: place.text('uid')!,
    title: place.text('title')!,
    description: place.text('description') ?? '',
    tags: place.list('tags').flatMap((tag) => (typeof tag.value === 'string' ? [tag.value] : [])),
    schemaVersion,
    from: time.text('from') ?? '',
    to: time.text('to') ?? '',
    refresh: place.text('refresh') || undefined,
    timezone: place.text('timezone') || 'browser',
    cursor: CURSORS[place.number('graphTooltip') ?? 0] ?? 'alone',
    inputs: place.objects('__inputs').map(readInput),
    variables: place.object('templating').objects('list').flatMap(readVariable),
    annotations: place.object('annotations').objects('list').map(readAnnotation),
    links: place.objects('links').map(readLink),
    rows: readRows(place, reportPanel),
    json: place.members,
  };
}

function readInput(place: JsonPlace): Input {
  const isSource = place.text('type') === 'datasource';
  return {
    name: place.text('name') ?? '',
    sourceType: isSource ? (place.text('pluginId') ?? '') : undefined,
    value: isSource ? '' : (place.text('value') ?? ''),
  };
}

function readAnnotation(place: JsonPlace): Annotation {
  const target = place.object('target');
  return {
    name: place.text('name') ?? '',
    isEnabled: place.at('enable').value !== false,
    isHidden: place.flag('hide'),
    isBuiltIn: place.at('builtIn').value === 1 || place.at('builtIn').value === true,
    color: place.text('iconColor'),
    source: readSource(place.at('datasource')),
    expr: place.text('expr') ?? target.text('expr') ?? '',
    minStep: place.text('step') ?? target.text('interval') ?? '',
    titleFormat: place.text('titleFormat') ?? '',
    textFormat: place.text('textFormat') ?? '',
    tagKeys: place.text('tagKeys') ?? '',
  };
}
