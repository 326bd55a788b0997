/**
 * What the keys of a filter mean for a signal, and which comparisons make sense with them. The server compiles only what
 * passed `checkFilter`; the browser may use it to mark mistakes while typing.
 */
import type { FilterCompare, FilterExists, FilterNode, FilterOperator } from './tree.ts';
import { FilterError } from './tree.ts';
import { parseDurationNs } from './value.ts';

/** `metrics`: the filter narrows series by their attributes. */
export type FilterSignal = 'traces' | 'logs' | 'metrics';

/** `any`: the item's attribute, or where the item lacks it, its resource's. */
export type FilterField =
  | { readonly kind: 'intrinsic'; readonly name: FilterIntrinsic }
  | { readonly kind: 'attribute'; readonly scope: 'any' | 'item' | 'resource'; readonly key: string };

export type FilterIntrinsic =
  | 'service'
  | 'name'
  | 'kind'
  | 'status'
  | 'duration'
  | 'trace'
  | 'span'
  | 'parent'
  | 'scope'
  | 'severity'
  | 'body'
  | 'event';

export const FILTER_INTRINSICS: { readonly [signal in FilterSignal]: readonly FilterIntrinsic[] } = {
  traces: ['service', 'name', 'kind', 'status', 'duration', 'trace', 'span', 'parent', 'scope'],
  logs: ['service', 'severity', 'body', 'trace', 'span', 'event', 'scope'],
  metrics: ['service', 'scope'],
};

/** OTLP's numbers of span kinds and status codes. */
export const SPAN_KIND_NUMBERS: { readonly [name: string]: number } = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
export const STATUS_NUMBERS: { readonly [name: string]: number } = { unset: 0, ok: 1, error: 2 };

/** First and last OTLP severity number of each group. */
export const SEVERITY_RANGES: { readonly [name: string]: readonly [number, number] } = {
  unset: [0, 0],
  trace: [1, 4],
  debug: [5, 8],
  info: [9, 12],
  warn: [13, 16],
  error: [17, 20],
  fatal: [21, 24],
};

const ITEM_PREFIXES: { readonly [signal in FilterSignal]: RegExp } = {
  traces: /^(?:attributes|span)\.(.+)$/s,
  logs: /^(?:attributes|log)\.(.+)$/s,
  metrics: /^attributes\.(.+)$/s,
};

/** The column or attribute that a key stands for. */
export function resolveField(key: string, signal: FilterSignal): FilterField {
  if (key === 'service.name' || key === 'resource.service.name') return { kind: 'intrinsic', name: 'service' };
  const intrinsic = FILTER_INTRINSICS[signal].find((name) => name === key);
  if (intrinsic !== undefined) return { kind: 'intrinsic', name: intrinsic };
  const resource = /^resource\.(.+)$/s.exec(key);
  if (resource !== null) return { kind: 'attribute', scope: 'resource', key: resource[1]! };
  const item = ITEM_PREFIXES[signal].exec(key);
  if (item !== null) return { kind: 'attribute', scope: 'item', key: item[1]! };
  return { kind: 'attribute', scope: 'any', key };
}

/** Throws `FilterError` for the first comparison that means nothing for this signal. */
export function checkFilter(node: FilterNode | undefined, signal: FilterSignal): void {
  if (node === undefined || node.kind === 'text') return;
  if (node.kind === 'and' || node.kind === 'or') {
    for (const item of node.items) checkFilter(item, signal);
    return;
  }
  if (node.kind === 'not') {
    checkFilter(node.item, signal);
    return;
  }
  const field = resolveField(node.key.text, signal);
  if (field.kind === 'attribute') {
    if (node.kind === 'compare') checkAttribute(node);
    return;
  }
  if (node.kind === 'exists') checkExists(node, field.name);
  else INTRINSIC_CHECKS[field.name](node);
}

function checkAttribute(node: FilterCompare): void {
  const ordered = !['=', '!=', '~', '!~'].includes(node.operator);
  if (ordered && node.value.kind === 'boolean') {
    throw new FilterError('true and false have no order', node, `write ${node.key.text}=${node.value.text}`);
  }
  if (node.key.text.length > 512) throw new FilterError('the key is longer than 512 characters', node.key);
}

function checkExists(node: FilterExists, name: FilterIntrinsic): void {
  if (name === 'kind' || name === 'status' || name === 'duration' || name === 'severity') {
    throw new FilterError(`every item has a ${name}`, node, 'compare it with a value');
  }
}

const INTRINSIC_CHECKS: { readonly [name in FilterIntrinsic]: (node: FilterCompare) => void } = {
  service: checkText,
  name: checkText,
  scope: checkText,
  body: checkText,
  event: checkText,
  kind: (node) => checkWord(node, SPAN_KIND_NUMBERS),
  status: (node) => checkWord(node, STATUS_NUMBERS),
  duration: checkDuration,
  severity: checkSeverity,
  trace: (node) => checkId(node, 32),
  span: (node) => checkId(node, 16),
  parent: (node) => checkId(node, 16),
};

function allow(node: FilterCompare, operators: readonly FilterOperator[], what: string): void {
  if (operators.includes(node.operator)) return;
  throw new FilterError(`\`${node.operator}\` does not go with ${what}`, node, `use ${operators.join(' ')}`);
}

function checkText(node: FilterCompare): void {
  allow(node, ['=', '!=', '~', '!~'], `\`${node.key.text}\`, which is text`);
}

function checkWord(node: FilterCompare, words: { readonly [name: string]: number }): void {
  allow(node, ['=', '!='], `\`${node.key.text}\``);
  if (Object.hasOwn(words, node.value.text.toLowerCase())) return;
  throw new FilterError(
    `no such ${node.key.text}: ${node.value.text}`,
    node.value,
    `use ${Object.keys(words).join(', ')}`,
  );
}

function checkDuration(node: FilterCompare): void {
  allow(node, ['=', '!=', '>', '>=', '<', '<='], 'a duration');
  const ns = durationNs(node);
  if (ns !== undefined && ns < 2 ** 64) return;
  if (ns !== undefined) {
    throw new FilterError('no duration is that long', node.value, 'the longest is 584 years: write at most 213503d');
  }
  const hint = node.value.kind === 'number' ? `${node.key.text}${node.operator}${node.value.text}ms` : 'duration>250ms';
  throw new FilterError(
    'a duration is a number with a unit: ns, us, ms, s, m, h or d',
    node.value,
    `for example ${hint}`,
  );
}

/** The duration of a `duration` comparison in ns; 0 needs no unit. */
export function durationNs(node: FilterCompare): number | undefined {
  if (node.value.kind === 'duration') return node.value.ns;
  return node.value.text === '0' ? 0 : parseDurationNs(node.value.text);
}

function checkSeverity(node: FilterCompare): void {
  if (node.operator === '~' || node.operator === '!~') return;
  if (severityRange(node) !== undefined) return;
  const hint = `use ${Object.keys(SEVERITY_RANGES).join(', ')}, or OTLP's number 0 to 24`;
  throw new FilterError(`no such severity: ${node.value.text}`, node.value, hint);
}

/** The first and last severity number that a value of `severity` stands for. */
export function severityRange(node: FilterCompare): readonly [number, number] | undefined {
  const { value } = node;
  if (value.kind === 'number') {
    return Number.isInteger(value.value) && value.value >= 0 && value.value <= 24
      ? [value.value, value.value]
      : undefined;
  }
  const word = value.text.toLowerCase().replace(/^warning$/, 'warn');
  return Object.hasOwn(SEVERITY_RANGES, word) ? SEVERITY_RANGES[word] : undefined;
}

function checkId(node: FilterCompare, digits: number): void {
  allow(node, ['=', '!='], 'an id');
  if (node.value.text === '' || (node.value.text.length <= digits && /^[0-9a-fA-F]+$/.test(node.value.text))) return;
  throw new FilterError(`an id here is up to ${digits} hexadecimal digits`, node.value);
}
