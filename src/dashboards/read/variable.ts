import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { JsonPlace } from '../json-place.ts';
import type { AdHocFilter, Variable, VariableOption, VariableSort } from '../model.ts';
import { readSource } from './source.ts';

/** A variable of the dashboard; none, and a report, where it has no name. */
export function readVariable(place: JsonPlace): Variable[] {
  const name = place.text('name') ?? '';
  if (name === '') {
    place.problem('name is missing; the variable is left out');
    return [];
  }
  const hide = place.at('hide').value;
  const head = {
    name,
    label: place.text('label') || name,
    description: place.text('description') ?? '',
    shows: hide === 2 ? ('nothing' as const) : hide === 1 ? ('value' as const) : ('label-and-value' as const),
    chosen: readChosen(place.at('current')),
  };
  const list = {
    isMulti: place.flag('multi'),
    includesAll: place.flag('includeAll'),
    allValue: place.text('allValue') || undefined,
    regex: place.text('regex') ?? '',
  };
  const kind = place.text('type') ?? '';
  switch (kind) {
    case 'query':
      return [
        {
          ...head,
          ...list,
          kind,
          source: readSource(place.at('datasource')),
          query: readQuery(place),
          sort: readSort(place.number('sort')),
          refreshes: (['never', 'on-load', 'on-time-change'] as const)[place.number('refresh') ?? 1] ?? 'on-load',
        },
      ];
    case 'custom':
      return [{ ...head, ...list, kind, options: parseCustomOptions(readTyped(place)) }];
    case 'interval':
      return [
        {
          ...head,
          kind,
          options: splitUnquoted(readTyped(place)),
          isAuto: place.flag('auto'),
          autoCount: place.number('auto_count') ?? 30,
          autoMin: place.text('auto_min') ?? '10s',
        },
      ];
    case 'datasource':
      return [{ ...head, ...list, kind, sourceType: readTyped(place) }];
    case 'textbox':
    case 'constant':
      return [
        { ...head, kind, value: kind === 'textbox' ? (head.chosen[0]?.value ?? readTyped(place)) : readTyped(place) },
      ];
    case 'adhoc':
      return [
        {
          ...head,
          kind,
          source: readSource(place.at('datasource')),
          filters: place.objects('filters').map(readFilter),
          baseFilters: place.objects('baseFilters').map(readFilter),
          keys: readKeys(place.at('defaultKeys').value),
        },
      ];
    default:
      place.problem(`type ${JSON.stringify(kind)} is not known; the variable keeps the value that it has`);
      return [{ ...head, kind: 'other', writtenKind: kind }];
  }
}

function readFilter(filter: JsonPlace): AdHocFilter {
  const values = listOf(filter.at('values').value);
  return {
    key: filter.text('key') ?? '',
    operator: filter.text('operator') ?? '=',
    values: values.length > 0 ? values : [filter.text('value') ?? ''],
  };
}

function readKeys(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((key) => {
    const name = isObject(key) ? (key.value ?? key.text) : key;
    return typeof name === 'string' ? [name] : [];
  });
}

function readTyped(place: JsonPlace): string {
  const { value } = place.at('query');
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The text of a query: Prometheus' may be `{query, refId}` or, from the editor with fields, have its parts apart. */
function readQuery(place: JsonPlace): string {
  const { value } = place.at('query');
  if (typeof value === 'string') return value;
  if (isObject(value) && typeof value.query === 'string') return value.query;
  if (isObject(value) && (typeof value.label === 'string' || typeof value.type === 'number')) return labelQuery(value);
  const definition = place.text('definition');
  if (definition !== undefined && definition !== '') return definition;
  if (value !== undefined && value !== null) place.at('query').problem('has no text of a query; it finds nothing');
  return '';
}

/** Loki's and Tempo's editors keep what is asked in fields: 0 are the names of labels, 1 the values of one. */
function labelQuery({ type, label, stream }: JsonObject): string {
  if (type === 0 || typeof label !== 'string' || label === '') return 'label_names()';
  return typeof stream === 'string' && stream !== '' ? `label_values(${stream}, ${label})` : `label_values(${label})`;
}

function readSort(sort: number | undefined): VariableSort {
  return sort !== undefined && Number.isInteger(sort) && sort >= 0 && sort <= 8 ? (sort as VariableSort) : 0;
}

function readChosen(place: JsonPlace): VariableOption[] {
  if (!isObject(place.value)) return [];
  const values = listOf(place.members.value);
  const texts = listOf(place.members.text);
  return values.map((value, index) => ({ value, text: texts.length === values.length ? texts[index]! : value }));
}

function listOf(value: JsonValue | undefined): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.flatMap((item) => (typeof item === 'object' ? [] : [String(item)]));
}

/** `a, b, Text : value`: a comma that is meant is written `\,`. The value may be blank: `None :  ` stands for nothing. */
function parseCustomOptions(text: string): VariableOption[] {
  const options = text
    .replaceAll('\\,', '\0')
    .split(',')
    .map((option) => option.replaceAll('\0', ','));
  return options.flatMap((option) => {
    const [, shown, value] = /^\s*(.+)\s:\s(.+)$/s.exec(option) ?? [];
    if (shown !== undefined && value !== undefined) return [{ text: shown.trim(), value: value.trim() }];
    const plain = option.trim();
    return plain === '' ? [] : [{ text: plain, value: plain }];
  });
}

/** `1m,5m,"1h"`. */
function splitUnquoted(text: string): string[] {
  return (text.match(/(["'])(.*?)\1|\w+/g) ?? []).map((piece) => piece.replace(/^["'](.*)["']$/, '$1'));
}
