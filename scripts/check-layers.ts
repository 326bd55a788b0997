import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Checks that imports keep to the layers of ARCHITECTURE.md: another layer only as `#layer`, and only from above to below. Prints each
 * break with file and line and exits with 1 if there is one. Tests may import test helpers of any layer by path.
 */

/** What each layer may use, besides itself. Arrows are transitive: they are written out here. */
const PIPELINE = ['base', 'lang', 'pdata', 'config', 'component', 'wire', 'net', 'store'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  lang: ['base'],
  pdata: ['base'],
  wire: ['base', 'pdata'],
  config: ['base'],
  component: ['base', 'pdata', 'config'],
  net: ['base', 'pdata', 'config', 'component', 'wire'],
  collector: ['base', 'pdata', 'config', 'component', 'wire', 'net'],
  store: ['base', 'pdata'],
  engine: ['base'],
  receivers: PIPELINE,
  processors: PIPELINE,
  exporters: PIPELINE,
  connectors: PIPELINE,
  extensions: PIPELINE,
  query: ['base', 'lang', 'pdata', 'store'],
  alerting: ['base', 'lang', 'query', 'store'],
  api: ['base', 'lang', 'pdata', 'wire', 'store', 'query', 'alerting'],
};

const root = fileURLToPath(new URL('../', import.meta.url));
const IMPORT = /(?:^|\s)(?:import|export)\b[^'"]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

/** `wire` for `src/wire/otlp/x.ts`; undefined for what is in no layer (src/main, bench, tests elsewhere). */
function layerOf(file: string): string | undefined {
  const [top, layer] = relative(root, file).split('/');
  return top === 'src' && layer !== undefined && layer in ALLOWED ? layer : undefined;
}

function breaks(file: string): string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [];
  const text = readFileSync(file, 'utf8');
  const isTest = /\.test\.ts$|\/testing\//.test(file);
  const found: string[] = [];
  for (const match of text.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2]!;
    const line = text.slice(0, match.index).split('\n').length;
    const place = `${relative(root, file)}:${line}`;
    if (specifier.startsWith('#')) {
      const target = specifier.slice(1).split('/')[0]!;
      if (target !== layer && !ALLOWED[layer]!.includes(target) && !isTest) {
        found.push(
          `${place}: ${layer} must not use #${target}; it may use ${ALLOWED[layer]!.map((name) => `#${name}`).join(', ') || 'nothing'}`,
        );
      }
      if (target === layer && !isTest)
        found.push(`${place}: use a relative path inside the layer instead of ${specifier}`);
    } else if (specifier.startsWith('.') && !isTest) {
      const target = layerOf(normalize(join(dirname(file), specifier)));
      if (target !== undefined && target !== layer) found.push(`${place}: use #${target} instead of ${specifier}`);
    }
  }
  return found;
}

const files = globSync('src/**/*.ts', { cwd: root }).map((file) => join(root, file));
const all = files.flatMap(breaks);
for (const line of all) console.error(line);
console.log(`layers: ${files.length} files, ${all.length} breaks`);
process.exitCode = all.length > 0 ? 1 : 0;
