import { fail, type Value, type ValueMap } from '../values.ts';

/** The parts of a URL under the names of the semantic conventions, as Go's net/url reads them. */
export function urlParts(text: string): ValueMap {
  if (text === '') fail('url cannot be empty');
  if (text.startsWith('?')) return queryParts(text.slice(1));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(text)) fail('parse: net/url: invalid control character in URL');
  const [beforeFragment, fragment] = cut(text, '#');
  const { scheme, rest } = schemeOf(beforeFragment);
  const [hierarchy, query] = cut(rest, '?');
  const parts: ValueMap = new Map();
  const authority = hierarchy.startsWith('//') && !hierarchy.startsWith('///') ? authorityOf(hierarchy) : undefined;
  const isOpaque = scheme !== '' && !hierarchy.startsWith('/');
  const path = isOpaque ? '' : hierarchy.slice(authority?.length ?? 0);
  if (scheme === '' && authority === undefined && /^[^/]*:/.test(path))
    fail('parse: first path segment in URL cannot contain colon');
  const plainPath = unescaped(path);
  const plainFragment = unescaped(fragment);
  const shownQuery = query === '' ? (rest.endsWith('?') ? '?' : '') : `?${query}`;
  const shownFragment = fragment === '' ? '' : `#${escaped(fragment)}`;
  const shownAuthority = authority === undefined ? '' : `//${authority.shown}`;
  const head = scheme === '' ? '' : `${scheme}:`;
  const shownPath = isOpaque ? hierarchy : escaped(path);
  parts.set('url.original', head + shownAuthority + shownPath + shownQuery + shownFragment);
  parts.set('url.domain', authority?.host ?? '');
  parts.set('url.scheme', scheme);
  parts.set('url.path', plainPath);
  if (authority !== undefined && authority.port !== '') parts.set('url.port', Number(authority.port));
  if (plainFragment !== '') parts.set('url.fragment', plainFragment);
  if (authority?.user !== undefined) {
    parts.set('url.user_info', authority.user);
    const [name, password] = authority.user.includes(':') ? cut(authority.user, ':') : [authority.user, undefined];
    if (name !== '') parts.set('url.username', unescaped(name));
    if (password !== undefined) parts.set('url.password', unescaped(password));
  }
  if (query !== '') parts.set('url.query', query);
  const extension = /\.([^.]+)$/.exec(plainPath)?.[1];
  if (extension !== undefined) parts.set('url.extension', extension);
  return parts;
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function schemeOf(text: string): { readonly scheme: string; readonly rest: string } {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (found !== null) return { scheme: found[1]!.toLowerCase(), rest: text.slice(found[0].length) };
  if (text.startsWith(':')) fail('parse: missing protocol scheme');
  return { scheme: '', rest: text };
}

interface Authority {
  /** Of the text, with the slashes. */
  readonly length: number;
  readonly shown: string;
  readonly user: string | undefined;
  readonly host: string;
  readonly port: string;
}

function authorityOf(hierarchy: string): Authority {
  const slash = hierarchy.indexOf('/', 2);
  const text = hierarchy.slice(2, slash < 0 ? undefined : slash);
  const at = text.lastIndexOf('@');
  const user = at < 0 ? undefined : text.slice(0, at);
  if (user !== undefined && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) fail('parse: net/url: invalid userinfo');
  const place = text.slice(at + 1);
  if (/[ "<>\\^`{|}]/.test(place)) fail('parse: invalid character in host name');
  const found = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(place) ?? fail(`parse: invalid port after host in "${place}"`);
  const host = unescaped(found[1]!.replace(/^\[|\]$/g, ''));
  return { length: 2 + text.length, shown: text, user, host, port: found[2] ?? '' };
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  const wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text);
  if (wrong !== null) fail(`parse: invalid URL escape "${wrong[0]}"`);
  const latin1 = Buffer.from(text).toString('latin1');
  const bytes = latin1.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** What may not stand in a URL is escaped; what is escaped stays as it is. */
function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]+/g, (chars) =>
    Array.from(Buffer.from(chars), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

function queryParts(query: string): ValueMap {
  const parts: ValueMap = new Map();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) fail('invalid semicolon separator in query');
    const [key, value] = cut(pair, '=').map((each) => unescaped(each.replaceAll('+', ' '))) as [string, string];
    parts.set(key, [...((parts.get(key) as readonly Value[] | undefined) ?? []), value]);
  }
  return parts;
}
