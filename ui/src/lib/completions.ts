/** What the query field offers at the cursor: keys by use, operators after a key, values by count. */
import type { AttributeKeysResponse, AttributeValuesResponse } from '#api/types.ts';
import type { FilterCompletion } from '#lang/filter';
import { printFilterValue } from './filter-text.ts';
import { formatCompact } from './format.ts';
import { useApi, useScope, useScopeParams } from './scope.tsx';

export interface Completion {
  readonly text: string;
  readonly note: string;
  /** Replaces the whole query instead of the part at the cursor. */
  readonly whole?: boolean;
}

const INTRINSICS: Record<string, readonly (readonly [string, string])[]> = {
  traces: [
    ['service=', 'service'],
    ['name=', 'span name'],
    ['status=error', 'failed spans'],
    ['duration>', 'span duration, e.g. 250ms'],
    ['kind=', 'span kind'],
    ['scope=', 'instrumentation scope'],
    ['trace=', 'trace id'],
  ],
  logs: [
    ['service=', 'service'],
    ['severity>=warn', 'level'],
    ['body~', 'regular expression on the message'],
    ['event=', 'event name'],
    ['scope=', 'logger'],
    ['trace=', 'trace id'],
  ],
  metrics: [],
};

const FIXED_VALUES: Record<string, readonly string[]> = {
  status: ['error', 'ok', 'unset'],
  kind: ['server', 'client', 'producer', 'consumer', 'internal'],
  severity: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
  duration: ['100ms', '250ms', '1s', '5s'],
};

const OFFERED = 12;

/** Asks the server only while `open`; answers are cached like every other request. */
export function useCompletions(
  signal: 'traces' | 'logs' | 'metrics',
  place: FilterCompletion,
  open: boolean,
): readonly Completion[] {
  const { from, to } = useScopeParams();
  const { owner } = useScope();
  // Completion may be a minute old: a stable range lets one answer serve many strokes and live refreshes.
  const range = { from: roundTo(from, 60_000), to: roundTo(to, 60_000) };
  const wantsKeys = open && place.kind === 'key';
  const wantsValues = open && place.kind === 'value' && place.key !== '' && !(place.key in FIXED_VALUES);
  const keys = useApi<AttributeKeysResponse>(
    '/attributes',
    { signal, ...range, owner, prefix: place.kind === 'key' ? place.prefix : '' },
    { enabled: wantsKeys },
  );
  const values = useApi<AttributeValuesResponse>(
    '/attributes/values',
    {
      signal,
      key: place.kind === 'value' ? valueKey(place.key) : '',
      ...range,
      owner,
      prefix: place.prefix,
      limit: OFFERED,
    },
    { enabled: wantsValues },
  );
  if (place.kind === 'value') {
    const fixed = FIXED_VALUES[place.key];
    if (fixed) return fixed.filter((word) => word.startsWith(place.prefix)).map((word) => ({ text: word, note: '' }));
    return (values.data?.values ?? [])
      .slice(0, OFFERED)
      .map(({ value, count }) => ({ text: printFilterValue(value), note: formatCompact(count) }));
  }
  const prefix = place.prefix.toLowerCase();
  const intrinsics = (INTRINSICS[signal] ?? [])
    .filter(([text]) => text.startsWith(prefix))
    .map(([text, note]) => ({ text, note }));
  const known = new Set(intrinsics.map(({ text }) => text.replace(/\W.*$/, '')));
  const found = (keys.data?.keys ?? [])
    .filter(({ key, scope }) => scope !== 'intrinsic' && !known.has(key))
    .slice(0, OFFERED)
    .map(({ key, scope, type }) => ({ text: `${key}=`, note: scope === 'resource' ? `resource, ${type}` : type }));
  return [...intrinsics, ...found];
}

function valueKey(key: string): string {
  return key === 'service' ? 'service.name' : key;
}

function roundTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
