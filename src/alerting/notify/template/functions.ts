import { parseDuration } from '#config';
import {
  ANY,
  type GoFunctions,
  GoTime,
  type GoType,
  type GoValue,
  parseTime,
  STRING,
  sprint,
  typeName,
} from '#lang/go-template';
import { Pattern, readTemplate } from '#lang/pattern';
import { humanizeDuration } from '../../templates/humanize.ts';
import { goJson } from '../go-json.ts';
import { NO_INSTANT } from '../instant.ts';
import { SafeHtml, SafeUrl } from './html.ts';

const TIME: GoType = { name: 'time.Time', accepts: (value) => value instanceof GoTime };
const LIST: GoType = { name: '[]interface {}', isNillable: true, accepts: (value) => Array.isArray(value) };

/** The functions of Alertmanager's templates besides Go's own (alertmanager/template.DefaultFuncs). `routeLabels` is each execution's. */
export function templateFunctions(nowMs: () => number): GoFunctions {
  const ofText = (call: (text: string) => GoValue): GoFunctions[string] => ({ params: [STRING], call });
  return {
    toUpper: ofText((text) => text.toUpperCase()),
    toLower: ofText((text) => text.toLowerCase()),
    title: ofText(titleCase),
    trimSpace: ofText((text) => text.trim()),
    join: { params: [STRING, ANY], call: joined },
    match: { params: [STRING, STRING], call: (pattern: string, text: string) => new Pattern(pattern).test(text) },
    safeHtml: ofText((text) => new SafeHtml(text)),
    safeUrl: ofText((text) => new SafeUrl(text)),
    urlUnescape: ofText((text) => decodeURIComponent(text.replaceAll('+', ' '))),
    reReplaceAll: {
      params: [STRING, STRING, STRING],
      call: (pattern: string, by: string, text: string) => new Pattern(pattern).replaceAll(text, readTemplate(by)),
    },
    stringSlice: { params: [], rest: STRING, call: (...texts: string[]) => texts },
    routeLabels: ofText(() => ''),
    date: { params: [STRING, TIME], call: (layout: string, time: GoTime) => time.Format(layout) },
    tz: { params: [STRING, TIME], call: (zone: string, time: GoTime) => time.in(zone) },
    now: { params: [], call: () => GoTime.ofMs(nowMs()) },
    since: { params: [TIME], call: (time: GoTime) => GoTime.ofMs(nowMs()).Sub(time) },
    humanizeDuration: { params: [ANY], call: humanizeDuration },
    toDate: {
      params: [STRING, STRING],
      call: (layout: string, text: string) => timeOf(layout, text) ?? GoTime.ofMs(NO_INSTANT.ms),
    },
    mustToDate: {
      params: [STRING, STRING],
      call: (layout: string, text: string) => {
        const time = timeOf(layout, text);
        if (time === undefined) throw new Error(`parsing time "${text}" as "${layout}": cannot parse`);
        return time;
      },
    },
    addDuration: {
      params: [STRING, TIME],
      call: (duration: string, time: GoTime) => {
        const parsed = parseDuration(duration);
        if ('error' in parsed) throw new Error(parsed.error);
        return BigInt(Math.floor(time.ms + parsed.ms));
      },
    },
    toJson: { params: [ANY], call: (value: GoValue) => goJson(forJson(value)) },
    base64encode: ofText((text) => padded(Buffer.from(text).toString('base64url'))),
    base64decode: ofText((text) => {
      if (!/^[\w-]*={0,2}$/.test(text)) throw new Error('illegal base64 data');
      return Buffer.from(text, 'base64url').toString();
    }),
    list: { params: [], rest: ANY, call: (...values: GoValue[]) => values },
    append: { params: [LIST], rest: ANY, call: (list: GoValue[] | null, ...values) => [...(list ?? []), ...values] },
    dict: { params: [], rest: ANY, call: dictionary },
  };
}

function padded(base64: string): string {
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');
}

/** Each word with a capital letter, the rest of it in small ones. */
function titleCase(text: string): string {
  return text.replaceAll(/[\p{L}\p{N}\p{M}'’_]+/gu, (word) => {
    const [first, ...rest] = Array.from(word);
    return first!.toUpperCase() + rest.join('').toLowerCase();
  });
}

function joined(separator: string, value: GoValue): string {
  if (value === undefined || value === null) return '';
  if (!Array.isArray(value)) throw new Error(`join expects a slice or array, got ${typeName(value)}`);
  return value.map((item) => (typeof item === 'string' ? item : sprint([item]))).join(separator);
}

function dictionary(...values: GoValue[]): ReadonlyMap<string, GoValue> {
  if (values.length % 2 !== 0) throw new Error('dict requires an even number of arguments');
  const result = new Map<string, GoValue>();
  for (let at = 0; at < values.length; at += 2) {
    const key = values[at];
    if (typeof key !== 'string') throw new Error('dict keys must be strings');
    result.set(key, values[at + 1]);
  }
  return result;
}

function forJson(value: GoValue): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(forJson);
  if (value instanceof Map && !('toJSON' in value)) {
    return Object.fromEntries(
      Array.from(value as Map<string, GoValue>)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, forJson(item)] as const),
    );
  }
  return value;
}

function timeOf(layout: string, text: string): GoTime | undefined {
  const parsed = parseTime(layout, text);
  return parsed && new GoTime(parsed.ns, parsed.zone);
}
