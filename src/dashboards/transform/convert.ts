/** Transformations that change the type or the writing of values. */
import { type Cell, type DataField, type DataFrame, displayNameOf } from '../frames/data-frame.ts';
import { fieldTest } from '../frames/matchers.ts';
import { type JsonObject, numberOf, objectOf, objectsOf, textOf } from '../json.ts';
import { formatDate } from '../variables/date-format.ts';
import { parseDate } from './parse-date.ts';

export function convertFieldType(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  return objectsOf(options.conversions).reduce<readonly DataFrame[]>((before, conversion) => {
    const target = textOf(conversion.targetField) ?? '';
    if (target === '') return before;
    const isMeant = fieldTest({ id: 'byName', options: target });
    return before.map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) => (isMeant(field, frame, before) ? converted(field, conversion) : field)),
    }));
  }, frames);
}

function converted(field: DataField, conversion: JsonObject): DataField {
  const format = textOf(conversion.dateFormat) ?? '';
  switch (conversion.destinationType) {
    case 'time':
      return asTimes(field, format);
    case 'number':
      return { ...field, type: 'number', values: field.values.map(asNumber) };
    case 'string':
      return asTexts(field, format, textOf(conversion.joinWith) ?? '');
    case 'boolean':
      return { ...field, type: 'boolean', values: field.values.map(Boolean) };
    case 'enum':
      return asEnum(field, conversion);
    case 'other':
      return { ...field, type: 'other', values: field.values.map(asParsed) };
    default:
      return field;
  }
}

function asTimes(field: DataField, format: string): DataField {
  const isNumber = typeof field.values[0] === 'number';
  if (isNumber && (field.type === 'time' || format !== 'X')) return { ...field, type: 'time' };
  const values = field.values.map((value) => {
    if (!value) return null;
    if (format === 'X' && typeof value === 'number') return value * 1000;
    return parseDate(value, format) ?? null;
  });
  return { ...field, type: 'time', values };
}

function asNumber(value: Cell): Cell {
  const text = typeof value === 'string' ? value.replaceAll(',', '') : value;
  if (text === null || text === undefined || text === '') return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

/** Times as a calendar writes them; in UTC, as everything here that is no axis. */
function asTexts(field: DataField, format: string, joinWith: string): DataField {
  const write = (value: Cell): Cell => {
    if (field.type === 'time') return writtenDate(value, format);
    if (field.type !== 'string' && field.type !== 'other') return String(value);
    if (joinWith !== '' && Array.isArray(value)) return value.join(joinWith);
    return JSON.stringify(value);
  };
  return { ...field, type: 'string', values: field.values.map(write) };
}

function writtenDate(value: Cell, format: string): string {
  const ms = typeof value === 'number' ? value : parseDate(value, '');
  if (ms === undefined || !Number.isFinite(ms)) return 'Invalid date';
  return formatDate(ms, format === '' ? 'YYYY-MM-DDTHH:mm:ssZ' : format);
}

function asEnum(field: DataField, conversion: JsonObject): DataField {
  const { text } = objectOf(conversion.enumConfig);
  const texts = Array.isArray(text) ? text : [];
  if (texts.length === 0) return field;
  const places = new Map(texts.map((each, i): [Cell, number] => [each, i]));
  const config = { ...field.config, type: { enum: objectOf(conversion.enumConfig) } };
  return { ...field, type: 'enum', config, values: field.values.map((value) => places.get(value)) };
}

function asParsed(value: Cell): Cell {
  try {
    return JSON.parse(value as string) as Cell;
  } catch {
    return null;
  }
}

export function formatTime(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const format = textOf(options.outputFormat) ?? '';
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      displayNameOf(field, frame, frames) === options.timeField ? asTexts(field, format, '') : field,
    ),
  }));
}

const words = (text: string): string[] =>
  text.split(' ').map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase());

const TEXT_FORMATS: Readonly<Record<string, (text: string, options: JsonObject) => string>> = {
  'Upper Case': (text) => text.toUpperCase(),
  'Lower Case': (text) => text.toLowerCase(),
  'Sentence Case': (text) => text.charAt(0).toUpperCase() + text.slice(1),
  'Title Case': (text) => words(text).join(' '),
  'Pascal Case': (text) => words(text).join(''),
  'Camel Case': (text) => {
    const joined = words(text).join('');
    return joined.charAt(0).toLowerCase() + joined.slice(1);
  },
  'Snake Case': (text) => text.toLowerCase().split(' ').join('_'),
  'Kebab Case': (text) => text.toLowerCase().split(' ').join('-'),
  Trim: (text) => text.trim(),
  Substring: (text, { substringStart, substringEnd }) =>
    text.substring(numberOf(substringStart) ?? 0, numberOf(substringEnd)),
};

export function formatString(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const name = textOf(options.outputFormat) ?? 'Upper Case';
  const format = Object.hasOwn(TEXT_FORMATS, name) ? TEXT_FORMATS[name] : undefined;
  const isMeant = fieldTest({ id: 'byName', options: textOf(options.stringField) ?? '' });
  if (format === undefined) return frames;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field): DataField => {
      if (!isMeant(field, frame, frames)) return field;
      const values = field.values.map((value) =>
        value === null || value === undefined ? value : format(String(value), options),
      );
      return { ...field, type: 'string', values };
    }),
  }));
}

/** Exemplars are marked as such; other kinds of frames are what their fields say. */
export function convertFrameType(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  if (options.targetType !== 'exemplar') return frames;
  return frames.map((frame) => ({
    ...frame,
    name: 'exemplar',
    meta: {
      ...frame.meta,
      dataTopic: 'annotations',
      custom: { ...objectOf(frame.meta?.custom), resultType: 'exemplar' },
    },
  }));
}
