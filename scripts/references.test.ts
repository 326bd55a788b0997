import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../src/main/command-list.ts';

/**
 * What documents and comments name is there: files, links, commands, flags, variables, names of the code. Each check says file and line.
 * A reference that can't be checked by its form (`src/<kind>s/<type>/`) is left alone.
 */

const ROOT = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const tracked = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)));

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}
const linesOf = (file: string): Line[] =>
  read(file)
    .split('\n')
    .map((text, index) => ({ file, number: index + 1, text }));
/** Where a line names the source of a behaviour, in a repository of others. */
const ofOthers = ({ text }: Line): boolean =>
  /\b(otelcol|opentelemetry-\w+|ClickHouse|gRPC|grpc|lz4)\b.*[ /](docs?|src)\//.test(text);
const isComment = ({ text }: Line): boolean => /^\s*(\/\/|\*|\/\*\*?)/.test(text);
const place = ({ file, number }: Line, what: string): string => `${file}:${number}: ${what}`;
const matchesOf = (text: string, pattern: RegExp): string[] => Array.from(text.matchAll(pattern), (match) => match[1]!);

describe.runIf(existsSync(join(ROOT, '.git')))('what is named is there', () => {
  const files = tracked();
  const known = new Set(files.flatMap((file) => [file, ...foldersAbove(file)]));
  const baseNames = new Set(files.map((file) => file.slice(file.lastIndexOf('/') + 1)));
  const documents = files.filter((file) => file.endsWith('.md'));
  const sources = files.filter((file) => /\.(ts|tsx|mjs|sh)$/.test(file) && !file.startsWith('scripts/references'));
  const inDocuments = documents.flatMap(linesOf);
  const inComments = sources.flatMap(linesOf).filter((line) => isComment(line) && !ofOthers(line));
  const code = sources.map(read).join('\n');
  const words = new Set(
    sources.flatMap(linesOf).flatMap((line) => (isComment(line) ? [] : (line.text.match(/[A-Za-z_$][\w$]*/g) ?? []))),
  );
  const isThere = (path: string): boolean => known.has(path) || existsSync(join(ROOT, path));

  test('files and folders of this repository, by their whole path', () => {
    const pattern = /(?<![\w./<-])((?:src|docs|scripts|bench|test|ui|examples|bin|\.ci)\/[\w./-]*[\w-])(?![\w<*{…])/g;
    const foreign = /\.(cpp|h)$/;
    const made = /^(bench\/\.work|ui\/dist|ui\/test\/\.screenshots|test\/interop\/\.work)/;
    const broken = [...inDocuments, ...inComments].flatMap((line) =>
      matchesOf(line.text, pattern)
        .filter(
          (path) =>
            !made.test(path) &&
            !foreign.test(path) &&
            !isThere(path) &&
            !isThere(normalize(join(dirname(line.file), path))),
        )
        .map((path) => place(line, path)),
    );
    expect(broken).toEqual([]);
  });

  test('files by their name, or the end of their path', () => {
    const pattern = /(?<![\w#./<*-])([\w.-][\w./-]*\.(?:ts|tsx|mjs|md|sh))\b/g;
    const isAny = (path: string): boolean => {
      const end = path.replace(/^(\.*\/)+/, '');
      return baseNames.has(end) || files.some((file) => `/${file}`.endsWith(`/${end}`));
    };
    const broken = [...inDocuments, ...inComments].flatMap((line) =>
      matchesOf(line.text, pattern)
        .filter((name) => !isThere(name) && !isAny(name))
        .map((name) => place(line, name)),
    );
    expect(broken).toEqual([]);
  });

  test('links between documents, to the heading', () => {
    const broken = inDocuments.flatMap((line) =>
      matchesOf(line.text, /\]\(([^)\s]+)\)/g)
        .filter((target) => !/^[a-z]+:/.test(target) && !isLinkGood(line.file, target))
        .map((target) => place(line, target)),
    );
    expect(broken).toEqual([]);
  });

  test('every page of docs/ is named by another document', () => {
    const linked = new Set(
      inDocuments.flatMap(({ file, text }) =>
        matchesOf(text, /\]\(([^)#\s]+)/g).map((target) => normalize(join(dirname(file), target))),
      ),
    );
    expect(documents.filter((file) => file.startsWith('docs/') && !linked.has(file))).toEqual([]);
  });

  test('layers', () => {
    const { imports } = JSON.parse(read('package.json')) as { imports: Record<string, string> };
    const broken = [...inDocuments, ...inComments].flatMap((line) =>
      matchesOf(line.text, /(?<![\w(&/"'])(#[a-z]+(?:\/[\w.-]*\w)?)/g)
        .filter(
          (name) =>
            !(name in imports) &&
            !/^#(layer|r+g+b+a*)$/.test(name) &&
            !read(line.file).includes(`  *${name}`) &&
            !read(line.file).includes(`${name}(`),
        )
        .map((name) => place(line, name)),
    );
    expect(broken).toEqual([]);
  });

  test('commands', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const broken = inDocuments.flatMap((line) =>
      [
        ...matchesOf(line.text, /\bnpm run (?:--silent )?([a-z:]+)/g).filter((name) => !(name in scripts)),
        ...matchesOf(line.text, /\bnpm (start|test)\b/g).filter((name) => !(name in scripts)),
        ...matchesOf(line.text, /(?:npx signalbox|`signalbox) ([a-z][a-z-]*)/g).filter(
          (name) => !(COMMAND_NAMES as readonly string[]).includes(name),
        ),
        ...matchesOf(line.text, /npm run bench -- ([a-z][a-z-]*)/g).filter(
          (name) => !sources.some((file) => file.startsWith('bench/') && read(file).includes(`'${name}'`)),
        ),
      ].map((name) => place(line, name)),
    );
    expect(broken).toEqual([]);
  });

  test('flags and variables', () => {
    const isForeign = /^\s*(curl|docker|kubectl)\b|`npm install --/;
    const broken = inDocuments
      .filter(({ text }) => !isForeign.test(text))
      .flatMap((line) =>
        [
          ...matchesOf(line.text, /(?<![\w-])--([a-z][a-z0-9-]*[a-z0-9])/g).filter(
            (name) => !new RegExp(`(--|['"\\s])${name}\\b`).test(code),
          ),
          ...matchesOf(line.text, /\b(SIGNALBOX_[A-Z_]*[A-Z])\b/g).filter((name) => !words.has(name)),
        ].map((name) => place(line, name)),
      );
    expect(broken).toEqual([]);
  });

  test('names of the code', () => {
    // Not where names of other programs are the subject.
    const foreign = /^(src\/engine|test\/interop)\/|^src\/store\/schema/;
    const ours = [...inDocuments, ...inComments].filter(({ file }) => !foreign.test(file));
    const broken = ours.flatMap((line) =>
      matchesOf(line.text, /`(?:[\w$]+\.)?([A-Za-z]*[a-z][A-Z]\w*)(?:\(\))?`/g)
        .filter((name) => !words.has(name))
        .map((name) => place(line, name)),
    );
    expect(broken).toEqual([]);
  });

  function isLinkGood(from: string, target: string): boolean {
    const [path = '', heading] = target.split('#', 2);
    const file = path === '' ? from : normalize(join(dirname(from), path));
    if (!isThere(file)) return false;
    if (heading === undefined || !file.endsWith('.md')) return true;
    return matchesOf(read(file), /^#+ (.+)$/gm).some((text) => anchorOf(text) === heading);
  }
});

function foldersAbove(file: string): string[] {
  const names = file.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

/** How GitHub makes the address of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}
