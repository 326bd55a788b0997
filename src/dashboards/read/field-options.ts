import { isObject, type JsonObject, type JsonValue, numberOf } from '../json.ts';
import { JsonPlace } from '../json-place.ts';
import type { ColorMode, FieldOptions, MappedText, SpecialValue, Thresholds, ValueMapping } from '../model.ts';
import { readLink } from './link.ts';

export function readFieldOptions(place: JsonPlace): FieldOptions {
  return {
    unit: place.text('unit') || undefined,
    decimals: place.number('decimals'),
    min: place.number('min'),
    max: place.number('max'),
    displayName: place.text('displayName') || undefined,
    noValue: place.at('noValue').isAbsent ? undefined : String(place.at('noValue').value),
    color: readColor(place.at('color')),
    thresholds: readThresholds(place.at('thresholds')),
    mappings: place.objects('mappings').flatMap(readMapping),
    links: place.objects('links').map(readLink),
    custom: place.object('custom').members,
  };
}

/** What one property of an override sets: a field's options with that alone. `custom.x` gives `{custom: {x}}`. */
export function readFieldProperty(id: string, value: unknown): Partial<FieldOptions> {
  const nowhere = (): void => undefined;
  if (id.startsWith('custom.')) return { custom: { [id.slice('custom.'.length)]: value as JsonValue } };
  const name = id as keyof FieldOptions;
  const options = readFieldOptions(new JsonPlace({ [id]: value as JsonValue }, [], nowhere));
  return options[name] === undefined ? {} : { [name]: options[name] };
}

/** Those options that the data's own settings name; none for data that says nothing. */
export function readOwnOptions(config: JsonObject): Partial<FieldOptions> {
  const names = Object.keys(config).filter((name) => config[name] !== undefined && name !== 'displayNameFromDS');
  if (names.length === 0) return {};
  const options = readFieldOptions(new JsonPlace(config, [], () => undefined));
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

function readColor(place: JsonPlace): ColorMode | undefined {
  if (!isObject(place.value)) return undefined;
  return {
    mode: place.text('mode') ?? 'thresholds',
    fixedColor: place.text('fixedColor'),
    seriesBy: place.text('seriesBy'),
  };
}

function readThresholds(place: JsonPlace): Thresholds | undefined {
  if (!isObject(place.value)) return undefined;
  const steps = place.objects('steps').map((step, index) => ({
    // JSON knows no infinity: the first is `null`, whatever its number says.
    from: index === 0 ? Number.NEGATIVE_INFINITY : (step.number('value') ?? Number.NEGATIVE_INFINITY),
    color: step.text('color') ?? 'green',
  }));
  return { mode: place.text('mode') === 'percentage' ? 'percentage' : 'absolute', steps };
}

function readResult(value: JsonValue | undefined): MappedText {
  const members = isObject(value) ? value : {};
  return {
    text: typeof members.text === 'string' || typeof members.text === 'number' ? String(members.text) : undefined,
    color: typeof members.color === 'string' ? members.color : undefined,
  };
}

const SPECIALS: readonly SpecialValue[] = ['true', 'false', 'null', 'nan', 'null+nan', 'empty'];

function readMapping(place: JsonPlace): ValueMapping[] {
  const kind = place.text('type');
  const { members } = place.object('options');
  if (kind === 'value') {
    return [{ kind, texts: new Map(Object.entries(members).map(([value, result]) => [value, readResult(result)])) }];
  }
  const result = readResult(members.result);
  if (kind === 'range') {
    const from = numberOf(members.from) ?? Number.NEGATIVE_INFINITY;
    return [{ kind, from, to: numberOf(members.to) ?? Number.POSITIVE_INFINITY, result }];
  }
  if (kind === 'regex') return [{ kind, pattern: typeof members.pattern === 'string' ? members.pattern : '', result }];
  const match = SPECIALS.find((special) => special === members.match);
  // Some write null itself for "null".
  if (kind === 'special' && members.match === null) return [{ kind, match: 'null', result }];
  if (kind === 'special' && match !== undefined) return [{ kind, match, result }];
  place.problem(`type ${JSON.stringify(kind)} is not known; the mapping is left out`);
  return [];
}
