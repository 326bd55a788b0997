/** Links of dashboards, panels and fields: where they lead, with what stands in them replaced. A stranger's address is followed only where it is safe. */
import { type Dashboard, interpolate, type Link, type Scope, ScopeOf, type TimeSpan, verbatim } from '#dashboards';
import { safeUrl } from './safe-url.ts';

/** A dashboard here, or an address elsewhere. */
export type LinkTarget =
  | {
      readonly kind: 'dashboard';
      readonly uid: string;
      readonly vars: string | undefined;
      readonly time: TimeSpan | undefined;
    }
  | { readonly kind: 'address'; readonly url: string };

export interface ResolvedLink {
  readonly title: string;
  readonly target: LinkTarget;
  readonly opensNewTab: boolean;
}

/** What a data link can name of the value that it is on. */
export interface LinkedValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | string | null;
  readonly text: string;
  readonly timeMs: number | undefined;
}

/** undefined for one that leads nowhere, or to something that would run. */
export function resolveLink(link: Link, scope: Scope, time: TimeSpan, on?: LinkedValue): ResolvedLink | undefined {
  const own = on === undefined ? scope : new ScopeOf(namesOf(on), scope);
  const written = on === undefined ? link.url : fillFields(link.url, on);
  const title = interpolate(on === undefined ? link.title : fillFields(link.title, on), own, 'text');
  let url = interpolate(written, own, 'percentencode').trim();
  if (url === '') return undefined;
  if (link.keepsTime && !/[?&]from=/.test(url)) url = withParameters(url, `from=${time.fromMs}&to=${time.toMs}`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
  if (link.keepsVariables) url = withParameters(url, interpolate('${__all_variables}', scope, 'text'));
  const target = targetOf(url);
  return target === undefined ? undefined : { title: title || url, target, opensNewTab: link.opensNewTab };
}

function withParameters(url: string, parameters: string): string {
  if (parameters === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${parameters}`;
}

function namesOf({ name, value, text, timeMs, labels }: LinkedValue) {
  const [first] = Object.values(labels);
  return new Map([
    ['__value', verbatim(String(value ?? ''))],
    ['__value_raw', verbatim(String(value ?? ''))],
    ['__value_text', verbatim(text)],
    ['__value_time', verbatim(timeMs === undefined ? '' : String(timeMs))],
    ['__series_name', verbatim(name)],
    ['__field_name', verbatim(first ?? name)],
  ]);
}

/** `${__value.raw}`, `${__field.labels.job}`, `${__series.name}`, `${__data.fields.job}` and their like; parts of addresses are escaped. */
function fillFields(text: string, { name, labels, value, text: shown, timeMs }: LinkedValue): string {
  const part = (found: unknown): string => encodeURIComponent(String(found ?? ''));
  return text
    .replace(/\$\{__value\.(?:raw|numeric)(?::[a-z]+)?\}/g, () => part(value))
    .replace(/\$\{__value\.text(?::[a-z]+)?\}/g, () => part(shown))
    .replace(/\$\{__value\.time(?::[a-z]+)?\}/g, () => part(timeMs))
    .replace(/\$\{__(?:series|field)\.(?:name|displayName)(?::[a-z]+)?\}/g, () => part(name))
    .replace(
      /\$\{__(?:field\.labels|data\.fields)[.[]"?([^}"\]:]+)"?\]?(?:\.(?:text|numeric))?(?::[a-z]+)?\}/g,
      (_, label: string) => part(labels[label.replace(/\.(?:text|numeric)$/, '')]),
    );
}

/** Grafana's addresses of dashboards are those of the console, whatever host they name. */
function targetOf(url: string): LinkTarget | undefined {
  const [, uid, query = ''] = /^(?:https?:\/\/[^/]+)?\/?(?:[^?#]*\/)?d\/([^/?#]+)[^?#]*(?:\?([^#]*))?/.exec(url) ?? [];
  if (uid !== undefined) {
    const params = new URLSearchParams(query);
    const vars = new URLSearchParams(
      [...params].flatMap(([name, value]) => (name.startsWith('var-') ? [[name.slice(4), value]] : [])),
    ).toString();
    const [fromMs, toMs] = [Number(params.get('from') ?? Number.NaN), Number(params.get('to') ?? Number.NaN)];
    const time = Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs < toMs ? { fromMs, toMs } : undefined;
    return { kind: 'dashboard', uid: decodeURIComponent(uid), vars: vars || undefined, time };
  }
  const safe = safeUrl(url);
  return safe === undefined ? undefined : { kind: 'address', url: safe };
}

/** The links of a dashboard that are addresses; those that list dashboards by tags have them. */
export function addressLinks({ links }: Pick<Dashboard, 'links'>): readonly Link[] {
  return links.filter(({ tags, url }) => tags.length === 0 && url !== '');
}
