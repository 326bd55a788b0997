import type { ConfigPlace } from '#base';
import { type ConfigNode, type MapNode, parseDuration, printDuration } from '#config';
import { fieldsOfItem, type Item, isSame, type Plain, type PlainMap, printValue } from '#inspect';
import { Pattern } from '#lang/pattern';
import { SEVERITIES } from './given.ts';
import { spanIdOf, traceIdOf } from './names.ts';
import { asBoolean, asMap, asText, entriesOf, mistake, oneOrMore, plainOf } from './reading.ts';

/** An item that a case expects: what is named of it. */
export interface Expected {
  readonly place: ConfigPlace;
  readonly checks: readonly Check[];
}

/** One field that is named. */
interface Check {
  readonly path: string;
  /** As it is written, for messages. */
  readonly wanted: string;
  /** What the item has there; undefined for nothing. */
  actual(item: Item): Plain | undefined;
  fits(actual: Plain | undefined): boolean;
}

/** Where an item is not what was expected. */
export interface Difference {
  readonly path: string;
  readonly wanted: string;
  readonly found: string;
}

const FIELDS = [
  ...['name', 'kind', 'trace', 'span', 'parent', 'trace_state', 'status', 'duration', 'events', 'links', 'flags'],
  ...['body', 'severity', 'severity_text', 'event_name', 'attributes', 'resource', 'scope'],
  ...[
    'unit',
    'description',
    'type',
    'temporality',
    'monotonic',
    'value',
    'count',
    'sum',
    'min',
    'max',
    'bounds',
    'buckets',
  ],
];
/** Fields under the name that they have in an item. */
const PATHS: Readonly<Record<string, string>> = {
  unit: 'metric.unit',
  description: 'metric.description',
  type: 'metric.type',
  temporality: 'metric.aggregation_temporality',
  monotonic: 'metric.is_monotonic',
  bounds: 'explicit_bounds',
  buckets: 'bucket_counts',
};

export function readExpected(node: ConfigNode): Expected {
  const map = asMap(node, 'an item');
  const entries = entriesOf(map, FIELDS);
  const trace = entries.get('trace');
  const traceId = trace === undefined ? undefined : traceIdOf(asText(trace, 'trace'));
  const checks: Check[] = [];
  for (const [key, value] of entries) checks.push(...checksOf(key, value, traceId));
  return { place: node.place, checks };
}

function checksOf(key: string, node: ConfigNode, traceId: string | undefined): Check[] {
  switch (key) {
    case 'trace':
      return [valueCheck('trace_id', node, traceId!)];
    case 'span':
    case 'parent':
      return [idCheck(key === 'span' ? 'span_id' : 'parent_span_id', node, traceId)];
    case 'attributes':
      return mapChecks('attributes', asMap(node, key));
    case 'resource':
      return mapChecks('resource.attributes', asMap(node, key));
    case 'scope':
      return node.kind === 'map' ? partChecks('scope', node, ['name', 'version']) : [check('scope.name', node)];
    case 'status':
      return node.kind === 'map' ? partChecks('status', node, ['code', 'message']) : [check('status.code', node)];
    case 'duration':
      return [durationCheck(node)];
    case 'severity':
      return [severityCheck(node)];
    case 'name':
      return [nameCheck(node)];
    case 'events':
    case 'links':
      return [listCheck(key, node)];
    default:
      return [check(PATHS[key] ?? key, node)];
  }
}

/** The name of a span, or of a point's metric. */
function nameCheck(node: ConfigNode): Check {
  const inner = check('name', node);
  return { ...inner, actual: (item) => at(item.fields, [item.signal === 'metrics' ? 'metric' : '', 'name']) };
}

function idCheck(path: string, node: ConfigNode, traceId: string | undefined): Check {
  const label = asText(node, path);
  const written = { path, wanted: JSON.stringify(label), actual: (item: Item) => item.fields[path] };
  // A label means a span of its trace, whichever that is where none is named.
  const idIn = (item: Item): string => spanIdOf(traceId ?? String(item.fields.trace_id), label);
  return {
    ...written,
    actual: (item) => (item.fields[path] === idIn(item) ? label : item.fields[path]),
    fits: (value) => value === label,
  };
}

function mapChecks(path: string, map: MapNode): Check[] {
  return [...map.entries].map(([key, { node }]) => {
    const own = check(`${path}[${JSON.stringify(key)}]`, node);
    return { ...own, actual: (item) => at(item.fields, [...path.split('.'), key]) };
  });
}

function partChecks(path: string, map: MapNode, known: readonly string[]): Check[] {
  return [...entriesOf(map, known)].map(([key, node]) => check(`${path}.${key}`, node));
}

function listCheck(path: string, node: ConfigNode): Check {
  const wanted = oneOrMore(node).map((item) => {
    const entries = entriesOf(asMap(item, path), path === 'events' ? ['name', 'attributes'] : ['trace', 'attributes']);
    return [...entries].flatMap(([key, value]): Check[] => {
      if (key === 'attributes') return mapChecks('attributes', asMap(value, key));
      return key === 'trace' ? [valueCheck('trace_id', value, traceIdOf(asText(value, key)))] : [check(key, value)];
    });
  });
  return {
    path,
    wanted: printValue(plainOf(node)),
    actual: (item) => item.fields[path],
    fits: (actual) => {
      const found = (actual ?? []) as readonly PlainMap[];
      return (
        found.length === wanted.length &&
        wanted.every((checks, index) =>
          checks.every((one) => one.fits(one.actual({ signal: 'traces', fields: found[index]! }))),
        )
      );
    },
  };
}

function durationCheck(node: ConfigNode): Check {
  const text = asText(node, 'duration');
  const parsed = parseDuration(text);
  if (!('ms' in parsed)) throw mistake(node.place, `duration: expected a time such as 250ms, got "${text}"`);
  const actual = ({ fields }: Item): Plain | undefined => {
    const { start_time_unix_nano: start, end_time_unix_nano: end } = fields;
    return start === undefined || end === undefined
      ? undefined
      : printDuration(Number(BigInt(end as string) - BigInt(start as string)) / 1e6);
  };
  return { path: 'duration', wanted: text, actual, fits: (value) => value === printDuration(parsed.ms) };
}

function severityCheck(node: ConfigNode): Check {
  const word = asText(node, 'severity').toLowerCase();
  if (!Object.hasOwn(SEVERITIES, word)) {
    throw mistake(node.place, `severity: expected one of ${Object.keys(SEVERITIES).join(', ')}, got "${word}"`);
  }
  return {
    path: 'severity_number',
    wanted: word,
    actual: (item) => item.fields.severity_number,
    fits: (value) => typeof value === 'number' && value >= SEVERITIES[word]! && value < SEVERITIES[word]! + 4,
  };
}

function check(path: string, node: ConfigNode): Check {
  const steps = path.split('.');
  return { ...wantedOf(path, node), actual: (item) => at(item.fields, steps) };
}

function valueCheck(path: string, node: ConfigNode, value: string): Check {
  const wanted = JSON.stringify(plainOf(node));
  return { path, wanted, actual: (item) => item.fields[path], fits: (actual) => actual === value };
}

/** A value, `null` for none, or `{ matches: PATTERN }`, `{ present: true }`. */
function wantedOf(path: string, node: ConfigNode): Omit<Check, 'actual'> {
  const plain = plainOf(node);
  if (node.kind === 'map') {
    const keys = [...node.entries.keys()];
    if (keys.length === 1 && keys[0] === 'matches') return patternCheck(path, node.entries.get('matches')!.node);
    if (keys.length === 1 && keys[0] === 'present') {
      const isWanted = asBoolean(node.entries.get('present')!.node, 'present');
      return { path, wanted: isWanted ? 'some value' : 'nothing', fits: (value) => (value !== undefined) === isWanted };
    }
  }
  if (plain === null) return { path, wanted: 'nothing', fits: (value) => value === undefined };
  return { path, wanted: printValue(plain), fits: (value) => value !== undefined && isSame(value, plain) };
}

function patternCheck(path: string, node: ConfigNode): Omit<Check, 'actual'> {
  const source = asText(node, 'matches');
  let pattern: Pattern;
  try {
    pattern = new Pattern(source);
  } catch (error) {
    throw mistake(node.place, `matches: ${(error as Error).message}`);
  }
  return { path, wanted: `matches ${source}`, fits: (value) => value !== undefined && pattern.test(String(value)) };
}

function at(fields: PlainMap, steps: readonly string[]): Plain | undefined {
  let value: Plain | undefined = fields;
  for (const step of steps) {
    if (step === '') continue;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, step) ? (value as PlainMap)[step] : undefined;
  }
  return value;
}

/** Fields that an exact comparison doesn't ask for: what a file can't know. */
const UNASKED = new RegExp(
  `^(${[
    '(trace|span|parent_span)_id|flags|\\w*time_unix_nano|scope\\..*|severity_(number|text)',
    'events\\[\\d+\\]\\.time_unix_nano|links\\[\\d+\\]\\.(trace_id|span_id|flags)',
    'metric\\.(description|type|aggregation_temporality|is_monotonic)',
  ].join('|')})$`,
);
const DEFAULTS: Readonly<Record<string, Plain>> = { kind: 'internal', 'status.code': 'unset' };

/** Where the item is not what was expected; empty where it is. With `isExact` it may have nothing that is not named. */
export function differences(expected: Expected, item: Item, isExact: boolean): Difference[] {
  const found: Difference[] = [];
  for (const one of expected.checks) {
    const actual = one.actual(item);
    if (!one.fits(actual))
      found.push({ path: one.path, wanted: one.wanted, found: actual === undefined ? 'nothing' : printValue(actual) });
  }
  if (!isExact) return found;
  const named = expected.checks.map(({ path }) => path);
  const isNamed = (path: string): boolean =>
    named.some(
      (name) =>
        path === name || path === `metric.${name}` || path.startsWith(`${name}[`) || path.startsWith(`${name}.`),
    );
  for (const { path, value } of fieldsOfItem(item)) {
    if (isNamed(path) || UNASKED.test(path) || DEFAULTS[path] === value) continue;
    found.push({ path, wanted: 'nothing', found: printValue(value) });
  }
  return found;
}

/** An expected item in a line. */
export function printExpected({ checks }: Expected): string {
  return checks.length === 0 ? 'any item' : checks.map(({ path, wanted }) => `${path}: ${wanted}`).join(', ');
}
