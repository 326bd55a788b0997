import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `npm run new -- processor NAME`: a component that passes all checks, to be changed into the one that is wanted. The folders beside this
 * file are components themselves, named `example`; they are checked and tested like all code.
 */

const ROOT = join(import.meta.dirname, '..');
const KINDS = ['receiver', 'processor', 'exporter', 'connector', 'extension'];
const COMPONENTS = join(ROOT, 'src/main/components.ts');

const [kind = '', type = '', ...rest] = process.argv.slice(2);
const mistake = mistakeIn(kind, type, rest);
if (mistake !== undefined) {
  console.error(`new: ${mistake}\n  for example: npm run new -- processor drop_debug`);
  process.exitCode = 2;
} else make();

function mistakeIn(kindName: string, typeName: string, others: readonly string[]): string | undefined {
  if (!KINDS.includes(kindName)) return `expected one of ${KINDS.join(', ')}, got "${kindName}"`;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(typeName)) {
    return `expected a name of small letters, digits and _ that begins with a letter, got "${typeName}"`;
  }
  if (others.length > 0) return `expected a kind and a name, got also "${others.join(' ')}"`;
  const folder = `src/${kindName}s/${typeName}`;
  return existsSync(join(ROOT, folder)) ? `${folder} is there already; choose another name` : undefined;
}

function make(): void {
  const folder = join(ROOT, `src/${kind}s`, type);
  const template = join(import.meta.dirname, 'new', kind);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(template)) {
    writeFileSync(join(folder, renamed(file)), renamed(readFileSync(join(template, file), 'utf8')));
  }
  writeFileSync(COMPONENTS, withLine(readFileSync(COMPONENTS, 'utf8')));
  // A name of another length breaks lines elsewhere, and sorts imports differently.
  run(join(ROOT, 'node_modules/.bin/biome'), [
    'check',
    '--write',
    '--linter-enabled=false',
    '--log-level=error',
    folder,
    COMPONENTS,
  ]);
  run(process.execPath, [join(import.meta.dirname, 'docs.ts')]);
  console.log(`made src/${kind}s/${type} and its line in src/main/components.ts
  its work is in ${renamed('example.ts')}, its keys in config.ts
  npm test -- src/${kind}s/${type}   its tests
  npm run docs                  after a change of its keys
  npm run check -- --quick      what must pass before a commit`);
}

/** The template's text or file name with the new name in place of `example`. */
function renamed(text: string): string {
  const camel = type.replace(/_+(.)?/g, (_match, letter: string | undefined) => (letter ?? '').toUpperCase());
  return text
    .replaceAll(/\bexample(?=(\.test)?\.ts\b)/g, type.replaceAll('_', '-'))
    .replaceAll('Example', camel[0]!.toUpperCase() + camel.slice(1))
    .replaceAll(/\bexample(?=[A-Z])/g, camel)
    .replaceAll(/\bexample\b/g, type);
}

/** components.ts with the line of the component behind those of its kind, or of the kinds before. */
function withLine(text: string): string {
  const lines = text.split('\n');
  const before = KINDS.slice(0, KINDS.indexOf(kind) + 1);
  const at = lines.findLastIndex((line) => before.some((one) => line.startsWith(`  source('${one}',`)));
  // One with many names takes several lines.
  const end = lines.findIndex((line, i) => i >= at && line.endsWith('),'));
  const begin = lines.findIndex((line) => line.startsWith('const sources:'));
  lines.splice(
    (at < 0 ? begin : end) + 1,
    0,
    `  source('${kind}', '${type}', () => import('../${kind}s/${type}/index.ts')),`,
  );
  return lines.join('\n');
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed; see above`);
}
