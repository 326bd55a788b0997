/** What the query field offers at the cursor: keys by use, operators after a key, values by count, and the words of the language. */
import { useQuery } from '@tanstack/react-query';
import type { AttributeKeysResponse, AttributeValuesResponse } from '#api/types.ts';
import type { QueryLanguage } from '#lang/filter';
import { printFilterValue, valueOfText } from './filter-text.ts';
import { formatCompact } from './format.ts';
import type { QueryPlace } from './languages/language-text.ts';
import { LOGQL_WORDS, TRACEQL_FIELDS, TRACEQL_WORDS } from './languages/words.ts';
import { askPlain } from './plain-api.ts';
import { logqlLabel } from './query-text.ts';
import { useApi, useScope, useScopeParams } from './scope.tsx';

export interface Completion {
  readonly text: string;
  readonly note: string;
  /** Replaces the whole query instead of the part at the cursor. */
  readonly whole?: boolean;
}

export interface CompletionQuestion {
  readonly signal: 'traces' | 'logs' | 'metrics';
  readonly language: QueryLanguage;
  readonly place: QueryPlace;
  /** The server is asked only then; answers are cached like every other request. */
  readonly open: boolean;
}

type Word = readonly [text: string, note: string];

const INTRINSICS: Record<string, readonly Word[]> = {
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

const KINDS = ['server', 'client', 'producer', 'consumer', 'internal'];
const FIXED_VALUES: { readonly [language in QueryLanguage]: Readonly<Record<string, readonly string[]>> } = {
  filter: {
    status: ['error', 'ok', 'unset'],
    kind: KINDS,
    severity: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    duration: ['100ms', '250ms', '1s', '5s'],
  },
  traceql: {
    status: ['error', 'ok', 'unset'],
    'span:status': ['error', 'ok', 'unset'],
    kind: KINDS,
    'span:kind': KINDS,
    duration: ['100ms', '250ms', '1s', '5s'],
    'span:duration': ['100ms', '250ms', '1s', '5s'],
    'trace:duration': ['250ms', '1s', '5s'],
    traceDuration: ['250ms', '1s', '5s'],
  },
  logql: { detected_level: ['error', 'warn', 'info', 'debug'].map((level) => `"${level}"`) },
};

const OFFERED = 12;
const MINUTE_MS = 60_000;

export function useCompletions(question: CompletionQuestion): readonly Completion[] {
  const { signal, language, place, open } = question;
  const { from, to } = useScopeParams();
  const { owner } = useScope();
  // Completion may be a minute old: a stable range lets one answer serve many strokes and live refreshes.
  const range = { from: roundTo(from, MINUTE_MS), to: roundTo(to, MINUTE_MS) };
  const isKey = place.kind === 'key';
  const fixed = place.kind === 'value' ? FIXED_VALUES[language][place.key ?? ''] : undefined;
  const isLabel = language === 'logql';
  const wantsValues = open && place.kind === 'value' && place.key !== '' && fixed === undefined;
  // The store has keys with dots, labels have none: behind a selector all keys are looked through.
  const wantsKeys = open && (isLabel ? place.kind === 'word' || wantsValues : isKey);
  const keys = useApi<AttributeKeysResponse>(
    '/attributes',
    { signal, ...range, owner, prefix: isKey && !isLabel ? keyPrefix(language, place.prefix) : '' },
    { enabled: wantsKeys },
  );
  const key = place.kind === 'value' ? storedKey(language, place.key ?? '', keys.data) : undefined;
  const values = useApi<AttributeValuesResponse>(
    '/attributes/values',
    { signal, key, ...range, owner, prefix: place.prefix, limit: OFFERED },
    { enabled: wantsValues && key !== undefined },
  );
  const labels = useLabels(range, isLabel && open && (isKey || (wantsValues && key === undefined)), place);
  if (place.kind === 'value') {
    if (fixed) return fixed.filter((word) => word.includes(place.prefix)).map((word) => ({ text: word, note: '' }));
    if (isLabel && key === undefined)
      return startingWith(labels, place.prefix).map((text) => ({ text: JSON.stringify(text), note: '' }));
    return (values.data?.values ?? [])
      .slice(0, OFFERED)
      .map(({ value, count }) => ({ text: printed(language, value), note: formatCompact(count) }));
  }
  if (place.kind === 'word') {
    const ofKeys = isLabel
      ? (keys.data?.keys ?? [])
          .filter(({ scope }) => scope !== 'intrinsic')
          .map((one): Word => [`${logqlLabel(one.key)}=`, one.type])
      : [];
    const words = [...(isLabel ? LOGQL_WORDS : TRACEQL_WORDS), ...ofKeys];
    return offered(words.filter(([text]) => text.startsWith(place.prefix)).slice(0, OFFERED));
  }
  if (isLabel) return offered(startingWith(labels, place.prefix).map((label): Word => [`${label}=`, 'label']));
  return keysAt(signal, language, place.prefix, keys.data);
}

function keysAt(
  signal: string,
  language: QueryLanguage,
  written: string,
  found: AttributeKeysResponse | undefined,
): readonly Completion[] {
  const prefix = written.toLowerCase();
  const intrinsics = (language === 'traceql' ? TRACEQL_FIELDS : (INTRINSICS[signal] ?? [])).filter(([text]) =>
    text.toLowerCase().startsWith(prefix),
  );
  const known = new Set(intrinsics.map(([text]) => text.replace(/\W.*$/, '')));
  const ofStore = (found?.keys ?? [])
    .filter(({ key, scope }) => scope !== 'intrinsic' && (language === 'traceql' || !known.has(key)))
    .slice(0, OFFERED)
    .map(({ key, scope, type }): Word => {
      const note = scope === 'resource' ? `resource, ${type}` : type;
      if (language === 'filter') return [`${key}=`, note];
      return [
        `${scope === 'resource' ? 'resource' : 'span'}.${/^[\w.:/-]+$/.test(key) ? key : JSON.stringify(key)}=`,
        note,
      ];
    });
  return offered([...intrinsics, ...ofStore]);
}

/** Labels of streams, or the values of one; of the language that asks for them. */
function useLabels(range: { readonly from: number; readonly to: number }, enabled: boolean, place: QueryPlace) {
  const path = place.kind === 'value' ? `/label/${encodeURIComponent(place.key ?? '')}/values` : '/labels';
  const params = { start: range.from / 1000, end: range.to / 1000 };
  const { data } = useQuery({
    queryKey: [`/loki${path}`, params],
    queryFn: ({ signal }) => askPlain<{ readonly data?: readonly string[] }>(`/loki/api/v1${path}`, { params }, signal),
    enabled,
  });
  return data?.data ?? [];
}

function startingWith(words: readonly string[], prefix: string): readonly string[] {
  return words.filter((word) => word.startsWith(prefix)).slice(0, OFFERED);
}

function offered(words: readonly Word[]): readonly Completion[] {
  return words.map(([text, note]) => ({ text, note }));
}

const SCOPES = /^(?:(?:parent\.)?(?:span|resource|event|link|instrumentation))?\./;

function keyPrefix(language: QueryLanguage, written: string): string {
  return language === 'traceql' ? written.replace(SCOPES, '').replace(/^"/, '') : written;
}

/** How the store calls it; undefined where that is not known, or not kept. */
function storedKey(language: QueryLanguage, key: string, keys: AttributeKeysResponse | undefined): string | undefined {
  if (language === 'filter') return key === 'service' ? 'service.name' : key;
  if (language === 'logql')
    return keys?.keys.find((one) => one.scope !== 'intrinsic' && logqlLabel(one.key) === key)?.key;
  if (/^(?:root(?:Service)?Name|trace:rootService)$/.test(key)) return key === 'rootName' ? 'name' : 'service.name';
  const bare = key.replace(/^span:/, '');
  return SCOPES.test(bare) ? bare.replace(SCOPES, '').replace(/^"(.*)"$/, '$1') : bare;
}

function printed(language: QueryLanguage, value: string): string {
  if (language === 'filter') return printFilterValue(value);
  const known = valueOfText(value);
  return language === 'traceql' && typeof known !== 'string' ? String(known) : JSON.stringify(value);
}

function roundTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
