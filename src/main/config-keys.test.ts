import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '#config';
import { components } from './components.ts';
import { leaves, type Path, type Schema } from './testing/schema-leaves.ts';

/** A key that is accepted must change what the component is told, and what it is told must be read outside of the schemas. */

const TEXTS = [
  'a',
  'b',
  '/a',
  '/b',
  'a:1',
  'b:2',
  'http://a:1',
  'http://b:2',
  '1s',
  '2s',
  '10ms',
  '1.1',
  '1.2',
  'P256',
];
const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'];
const VALUES: readonly unknown[] = [
  ...[true, false, 0, 0.25, 1, 2, 3, 50, 100, 400_000, 10_000_000, 200_000_000],
  ...TEXTS,
  ...[...TEXTS, ...SUITES].map((text) => [text]),
  [],
  {},
  { a: 'b' },
  { a: 1 },
  [{ id: 'a' }],
  [{ name: 'a' }],
  [{ key: 'a' }],
  [{ key: 'a', value: 'b' }],
  [{ name: 'a', value: 'b' }],
  [{ key: 'a', action: 'delete' }],
  [{ name: 'a', type: 'always_sample' }],
];
/** What a block needs besides the key. */
const BESIDE: Readonly<Record<string, object>> = {
  tls: { cert_file: 'c', key_file: 'k' },
  cert_pem: { cert_file: '' },
  key_pem: { key_file: '' },
  auth: { authenticator: 'a' },
  dns: { hostname: 'a' },
  tenant: { source: 'static', value: 'a' },
  http_server_request_duration: { enabled: true },
  log_severity_number: { min: 1 },
  include: { match_type: 'regexp', services: ['a'] },
  exclude: { match_type: 'regexp', services: ['a'] },
};
type Beside = typeof BESIDE;
/** The same of single components. */
const BESIDE_OF: Readonly<Record<string, Beside>> = {
  'processor filter': { include: { match_type: 'regexp' }, exclude: { match_type: 'regexp' } },
  'processor k8s_attributes': { exclude: {} },
  'processor resource_detection': { tls: {} },
  'processor cumulative_to_delta': {
    include: { match_type: 'regexp', metrics: ['a'] },
    exclude: { match_type: 'regexp', metrics: ['a'] },
  },
};

function withValue(path: Path, value: unknown, near: Beside = BESIDE): object {
  const last = path.at(-1)!;
  const [first = '', ...rest] = path;
  // Where `include` is a key of its own, and no block, nothing stands beside it.
  const isBlock = last === 'include' || last === 'exclude';
  if (rest.length === 0) return { ...(!isBlock && near[last]), [first]: value };
  return { [first]: { ...near[first], ...withValue(rest, value, near) } };
}

/** The block with what must stand beside the key, and without the key. */
function withoutKey(path: Path, near: Beside): object {
  const raw = withValue(path, undefined, near);
  let block = raw as Record<string, object>;
  for (const key of path.slice(0, -1)) block = block[key] as Record<string, object>;
  delete block[path.at(-1)!];
  return raw;
}

/** A block with some value for each key that is required on the first level. */
function baseOf({ schema }: KnownFactory): object {
  const base: Record<string, unknown> = {};
  const required = (): string[] => {
    const result = schema.safeParse(base);
    return result.success
      ? []
      : result.error.issues.flatMap(({ path }) => (path.length === 1 ? [String(path[0])] : []));
  };
  for (const key of required()) {
    const accepted = VALUES.find((value) => {
      base[key] = value;
      return !required().includes(key);
    });
    base[key] = accepted;
  }
  return base;
}

function print(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key: string, entry: unknown) {
    // A Secret has hidden itself by now.
    const original = this[key];
    if (original instanceof Secret) return original.reveal();
    if (entry instanceof Map) return [...entry];
    return typeof entry === 'function' || entry instanceof RegExp ? String(entry) : entry;
  });
}

/** The names in the parsed configuration whose values differ. */
function changed(a: unknown, b: unknown, name: string, found: Set<string>): void {
  const isBlock = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!isBlock(a) || !isBlock(b)) {
    if (print(a) !== print(b)) found.add(name);
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) changed(a[key], b[key], key, found);
}

interface KnownFactory {
  readonly schema: Schema;
  validate?(config: unknown): readonly { readonly path: readonly (string | number)[] }[];
}

/** What the values of a key do to the parsed configuration: nothing, or the names that change; undefined where each value is refused. */
function effectOf(factory: KnownFactory, path: Path, near: Beside): Set<string> | 'refused' | undefined {
  const parsed: unknown[] = [];
  const { schema, validate } = factory;
  const base = baseOf(factory);
  const tried = new Set<string>();
  const attempt = (value: unknown): void => {
    if (tried.has(print(value))) return;
    tried.add(print(value));
    const result = schema.safeParse({ ...base, ...withValue(path, value, near) });
    if (result.success) parsed.push(result.data);
    else
      for (const { message } of result.error.issues)
        for (const [, word] of message.matchAll(/"([^"]*)"/g)) {
          attempt(word);
          attempt([word]);
        }
  };
  for (const value of VALUES) attempt(value);
  // One value alone, which may be written down: the others are refused.
  if (parsed.length === 1) return 'refused';
  const beside = schema.safeParse({ ...base, ...withoutKey(path, near) });
  if (beside.success) parsed.push(beside.data);
  if (parsed.length === 0) return undefined;
  const isRefused = (config: unknown): boolean =>
    validate?.(config).some(
      (mistake) => mistake.path.join('::') === path.slice(0, mistake.path.length).join('::') && mistake.path.length > 0,
    ) === true;
  if (parsed.every((one) => isRefused(one) || print(one) === print(parsed.find((other) => !isRefused(other))))) {
    if (parsed.some(isRefused)) return 'refused';
  }
  const names = new Set<string>();
  for (const one of parsed) changed(parsed[0], one, '', names);
  return names;
}

/** Changes which names of cipher_suites are taken; src/net/tls.test.ts. */
const ELSEWHERE = 'include_insecure_cipher_suites';

const ROOT = join(import.meta.dirname, '..');
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing\/|^config\/|(^|\/)config\.ts$/.test(path))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n');
const isRead = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(sources);

const named = components.sources.map((source) => [`${source.kind} ${source.type}`, source] as const);

describe('each key that is accepted has an effect', () => {
  test.each(named)('%s', async (name, source) => {
    const factory = (await source.load()) as unknown as KnownFactory;
    const near = { ...BESIDE, ...BESIDE_OF[name] };
    const problems: string[] = [];
    for (const { path, isIdle } of leaves(factory.schema)) {
      if (path.length === 0 || path.at(-1) === ELSEWHERE || isIdle) continue;
      const names = effectOf(factory, path, near);
      if (names === 'refused') continue;
      if (names === undefined) problems.push(`${path.join('::')}: the test knows no value that is accepted`);
      else if (names.size === 0) problems.push(`${path.join('::')}: changes nothing`);
      else for (const name of names) if (!isRead(name)) problems.push(`${path.join('::')}: nobody reads ${name}`);
    }
    expect(problems).toEqual([]);
  });
});

describe('nobody reads what a schema says has no effect', () => {
  // What servers of pages don't read of the keys of a server, receivers do.
  const servesPages = (name: string): boolean => name.startsWith('extension ') || name === 'exporter prometheus';
  test.each(named.filter(([name]) => !servesPages(name)))('%s', async (_name, source) => {
    const factory = (await source.load()) as unknown as KnownFactory;
    const idle = Array.from(leaves(factory.schema)).filter(({ isIdle }) => isIdle);
    const names = idle.flatMap(({ path }) => {
      const effect = effectOf(factory, path, BESIDE);
      // What is refused is read where it is refused.
      return effect === undefined || effect === 'refused' ? [] : [...effect];
    });
    expect(names.filter(isRead)).toEqual([]);
  });
});
