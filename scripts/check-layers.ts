import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Checks that imports keep to the layers of ARCHITECTURE.md: another layer only as `#layer` (in ui/ by path), only from above to below,
 * types too; and that siblings, as components are, don't know each other. Prints each break with file and line and exits with 1 if there
 * is one. Tests may use every layer, and what lies in a folder `testing`.
 */

/** What each layer may use, besides itself. Arrows are transitive: they are written out here. */
const PIPELINE = ['base', 'lang', 'pdata', 'ottl', 'wire', 'config', 'net', 'kubernetes', 'component', 'store'];
const COMPONENTS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];
const SERVED = ['base', 'lang', 'dashboards', 'pdata', 'wire', 'store', 'query', 'alerting'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  lang: ['base'],
  dashboards: ['base', 'lang'],
  pdata: ['base'],
  ottl: ['base', 'lang', 'pdata'],
  wire: ['base', 'pdata'],
  config: ['base'],
  inspect: ['base', 'pdata', 'wire'],
  net: ['base', 'pdata', 'wire', 'config'],
  kubernetes: ['base', 'config', 'net'],
  component: ['base', 'lang', 'pdata', 'ottl', 'wire', 'config', 'net'],
  collector: ['base', 'pdata', 'wire', 'config', 'net', 'component', 'inspect'],
  ...Object.fromEntries(COMPONENTS.map((layer) => [layer, PIPELINE])),
  engine: ['base'],
  store: ['base', 'lang', 'pdata', 'wire'],
  query: ['base', 'lang', 'pdata', 'store'],
  alerting: ['base', 'lang', 'pdata', 'wire', 'config', 'net', 'query', 'store'],
  // Codings of bodies are those of receivers.
  api: [...SERVED, 'config', 'net'],
  main: [...PIPELINE, ...COMPONENTS, ...SERVED, 'inspect', 'collector', 'engine', 'api'],
  'ui/lib': ['base', 'lang', 'dashboards', 'api'],
  'ui/widgets': ['base', 'lang', 'dashboards', 'api', 'ui/lib'],
  'ui/viz': ['base', 'lang', 'dashboards', 'api', 'ui/lib', 'ui/widgets'],
  'ui/panels': ['base', 'lang', 'dashboards', 'api', 'ui/lib', 'ui/widgets', 'ui/viz'],
  'ui/pages': ['base', 'lang', 'dashboards', 'api', 'ui/lib', 'ui/widgets', 'ui/viz', 'ui/panels'],
};
/** Folders of these layers, and pages of the console, are siblings: none may use another. */
const HAS_SIBLINGS = new Set([...COMPONENTS, 'api', 'ui/viz', 'ui/pages']);
/** What lies below all its siblings: they may use it, and it none of them. */
const BELOW_SIBLINGS = new Set(['api/http']);
/** All that the console's code may take from the server's side: what runs in a browser. */
const IN_BROWSER = /^#(lang(\/[a-z-]+)?|dashboards|base\/(?:path-part|critical-path|date-math)\.ts|api\/types\.ts)$/;

const root = fileURLToPath(new URL('../', import.meta.url));
const IMPORT =
  /(?:^|\s)(?:import|export)\b[^'";]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|^\s*import\s*'([^']+)'/gm;

interface Place {
  readonly layer: string;
  /** The sibling within the layer that the file belongs to; undefined for what they share, in a folder `shared` or beside them. */
  readonly sibling: string | undefined;
}

/** `wire` for `src/wire/otlp/check.ts`; undefined for what is in no layer (bench, test, the console's router). */
function placeOf(file: string): Place | undefined {
  const [top, ...names] = relative(root, file).split('/');
  const layer = top === 'ui' && names.shift() === 'src' ? `ui/${names[0]}` : top === 'src' ? names[0]! : '';
  if (!(layer in ALLOWED)) return undefined;
  const isFile = names.length === 2;
  const isShared = names[1] === 'testing' || names[1] === 'shared' || (isFile && layer !== 'ui/pages');
  return { layer, sibling: HAS_SIBLINGS.has(layer) && !isShared ? names[1] : undefined };
}

/** What is wrong with an import of `specifier` in `file`, if anything is. */
function fault(file: string, from: Place, specifier: string): string | undefined {
  const isTest = /\.test\.tsx?$|\/testing\//.test(file);
  if (specifier.startsWith('#')) {
    const target = specifier.slice(1).split('/')[0]!;
    if (isTest) return undefined;
    if (target === from.layer) return `use a relative path inside the layer instead of ${specifier}`;
    if (!ALLOWED[from.layer]!.includes(target)) {
      const allowed = ALLOWED[from.layer]!.map((name) => `#${name}`).join(', ') || 'nothing';
      return `${from.layer} must not use #${target}; it may use ${allowed}`;
    }
    return from.layer.startsWith('ui/') && !IN_BROWSER.test(specifier)
      ? `${specifier} is not made for browsers`
      : undefined;
  }
  if (!specifier.startsWith('.')) return undefined;
  const path = normalize(join(dirname(file), specifier));
  const to = placeOf(path);
  if (to === undefined) return undefined;
  if (to.layer !== from.layer) {
    if (isTest) return undefined;
    if (from.layer === 'main' && COMPONENTS.includes(to.layer)) return undefined;
    if (!from.layer.startsWith('ui/')) return `use #${to.layer} instead of ${specifier}`;
    return ALLOWED[from.layer]!.includes(to.layer) ? undefined : `${from.layer} must not use ${to.layer}`;
  }
  if (to.sibling === undefined || from.sibling === undefined || to.sibling === from.sibling) return undefined;
  if (isTest && path.includes('/testing/')) return undefined;
  if (BELOW_SIBLINGS.has(`${to.layer}/${to.sibling}`)) return undefined;
  return `${from.sibling} and ${to.sibling} are siblings and must not know each other: share what both need below them`;
}

/** What is wrong with the imports in `text`, the content of `file`, as `file:line: what`. */
export function layerBreaks(file: string, text: string): string[] {
  const from = placeOf(file);
  if (from === undefined) return [];
  return Array.from(text.matchAll(IMPORT)).flatMap((match) => {
    const found = fault(file, from, match[1] ?? match[2] ?? match[3]!);
    const line = text.slice(0, match.index + match[0].search(/\S/)).split('\n').length;
    return found === undefined ? [] : [`${relative(root, file)}:${line}: ${found}`];
  });
}

if (import.meta.main) {
  const files = globSync(['src/**/*.ts', 'ui/src/**/*.{ts,tsx}'], { cwd: root }).map((file) => join(root, file));
  const all = files.flatMap((file) => layerBreaks(file, readFileSync(file, 'utf8')));
  for (const line of all) console.error(line);
  console.log(`layers: ${files.length} files, ${all.length} breaks`);
  process.exitCode = all.length > 0 ? 1 : 0;
}
