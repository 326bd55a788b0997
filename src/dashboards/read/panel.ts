import { isObject, type JsonObject, numberOf, textOf } from '../json.ts';
import { brief, type JsonPlace, type Report } from '../json-place.ts';
import type { GridPlace, Matcher, Override, Panel, Repeat, Row, Target, Transformation } from '../model.ts';
import { readFieldOptions } from './field-options.ts';
import { readLink } from './link.ts';
import { readSource } from './source.ts';

type ReportPanel = (panel: string, from: number) => Report;

/** The rows of a dashboard whose JSON was migrated and completed: every panel has an id and a place. */
export function readRows(place: JsonPlace, reportPanel: ReportPanel): Row[] {
  const panels = place.objects('panels').toSorted(byPlace);
  const rows: { head: Omit<Row, 'panels'>; panels: Panel[] }[] = [];
  for (const panel of panels) {
    if (panel.text('type') === 'row') {
      const head = {
        id: panel.number('id')!,
        title: panel.text('title') ?? '',
        isCollapsed: panel.flag('collapsed'),
        repeat: readRepeat(panel),
      };
      rows.push({
        head,
        panels: panel
          .objects('panels')
          .toSorted(byPlace)
          .map((within) => readPanel(within, reportPanel)),
      });
      continue;
    }
    if (rows.length === 0)
      rows.push({ head: { id: 0, title: undefined, isCollapsed: false, repeat: undefined }, panels: [] });
    rows.at(-1)!.panels.push(readPanel(panel, reportPanel));
  }
  return rows.map(({ head, panels: within }) => ({ ...head, panels: within }));
}

function byPlace(a: JsonPlace, b: JsonPlace): number {
  const first = readGrid(a);
  const second = readGrid(b);
  return first.y - second.y || first.x - second.x;
}

function readGrid(place: JsonPlace): GridPlace {
  const grid = place.object('gridPos');
  return { x: grid.number('x') ?? 0, y: grid.number('y') ?? 0, w: grid.number('w') ?? 12, h: grid.number('h') ?? 8 };
}

function readRepeat(place: JsonPlace): Repeat | undefined {
  const variable = place.text('repeat');
  if (variable === undefined || variable === '') return undefined;
  return {
    variable,
    direction: place.text('repeatDirection') === 'v' ? 'down' : 'right',
    maxPerRow: place.number('maxPerRow') ?? 4,
  };
}

/** `panel 4 "Error rate"`. */
function nameOf({ id, title }: JsonObject): string {
  const name = textOf(title) ?? '';
  return `panel ${numberOf(id) ?? '?'}${name === '' ? '' : ` ${brief(name)}`}`;
}

function readPanel(written: JsonPlace, reportPanel: ReportPanel): Panel {
  const place = written.reportingTo(reportPanel(nameOf(written.members), written.path.length));
  const type = place.text('type') ?? '';
  if (type === '') place.problem('type is missing: nothing can be drawn');
  const config = place.object('fieldConfig');
  return {
    id: place.number('id')!,
    title: place.text('title') ?? '',
    description: place.text('description') ?? '',
    type,
    writtenType: place.text('writtenType') ?? type,
    isTransparent: place.flag('transparent'),
    grid: readGrid(place),
    source: readSource(place.at('datasource')),
    targets: place.objects('targets').map(readTarget),
    minInterval: place.text('interval') ?? '',
    maxDataPoints: place.number('maxDataPoints'),
    timeFrom: place.text('timeFrom') ?? '',
    timeShift: place.text('timeShift') ?? '',
    repeat: readRepeat(place),
    links: place.objects('links').map(readLink),
    transformations: place.objects('transformations').map(readTransformation),
    options: place.object('options').members,
    defaults: readFieldOptions(config.object('defaults')),
    overrides: config.objects('overrides').flatMap(readOverride),
  };
}

const FORMATS = ['time_series', 'table', 'heatmap'] as const;

function readTarget(place: JsonPlace, index: number): Target {
  const isInstant = place.flag('instant');
  const format = place.text('format');
  const expr = place.at('expr');
  return {
    refId: place.text('refId') ?? String.fromCharCode(65 + (index % 26)),
    isHidden: place.flag('hide'),
    source: readSource(place.at('datasource')),
    expr: isObject(expr.value) ? '' : (place.text('expr') ?? ''),
    legend: place.text('legendFormat') ?? '',
    format: FORMATS.find((known) => known === format) ?? 'time_series',
    isInstant,
    isRange: !isInstant || place.flag('range'),
    hasExemplars: place.flag('exemplar'),
    minStep: place.text('interval') ?? (place.number('step') === undefined ? '' : `${place.number('step')}s`),
    intervalFactor: place.number('intervalFactor') ?? 1,
    json: place.members,
  };
}

function readTransformation(place: JsonPlace): Transformation {
  const filter = place.at('filter');
  return {
    id: place.text('id') ?? '',
    isDisabled: place.flag('disabled'),
    options: place.object('options').members,
    filter: filter.isAbsent ? undefined : readMatcher(filter),
  };
}

function readMatcher(place: JsonPlace): Matcher {
  return { id: place.text('id') ?? '', options: place.members.options };
}

function readOverride(place: JsonPlace): Override[] {
  const matcher = place.object('matcher');
  if (matcher.text('id') === undefined) {
    place.problem('matcher.id is missing; the override is left out');
    return [];
  }
  const properties = place
    .objects('properties')
    .map((property) => ({ id: property.text('id') ?? '', value: property.members.value }));
  return [{ matcher: readMatcher(matcher), properties }];
}
