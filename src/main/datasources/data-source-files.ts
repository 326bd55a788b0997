import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { LogLinker } from '#api';
import { messageOf } from '#base';
import type { LogRecord } from '#query';
import { withEnvironment } from '../provisioned-text.ts';
import { type DerivedField, readField, type WrittenField } from './derived-field.ts';

const YAML = /\.ya?ml$/;
const FILE_BYTES_LIMIT = 1024 * 1024;
const FIELDS_LIMIT = 100;
/** Requests that come at once look at the files once. */
const LOOK_AGAIN_MS = 1_000;

interface WrittenSource {
  readonly uid?: unknown;
  readonly name?: unknown;
  readonly type?: unknown;
  readonly jsonData?: { readonly derivedFields?: unknown } | null;
}

export interface DataSourceFilesOptions {
  /** Files of Grafana's data sources (`apiVersion: 1`, `datasources`), and folders of such files. */
  readonly paths: readonly string[];
  /** Takes what is wrong in them, a sentence each that begins with the file's name; once for as long as it stays. */
  readonly say: (problem: string) => void;
  readonly nowMs?: () => number;
}

/**
 * The links that the data sources of Grafana give to log records by their derived fields. The sources themselves are not asked: all data is in the
 * store. Files that changed are read again when records are shown; of one that can't be read the rest stays.
 */
export class DataSourceFiles implements LogLinker {
  readonly #paths: readonly string[];
  readonly #say: (problem: string) => void;
  readonly #nowMs: () => number;
  #fields: readonly DerivedField[] = [];
  #stamps = '';
  #said = new Set<string>();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor({ paths, say, nowMs = () => performance.now() }: DataSourceFilesOptions) {
    this.#paths = paths;
    this.#say = say;
    this.#nowMs = nowMs;
  }

  async link(logs: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    await this.look();
    if (this.#fields.length === 0) return logs;
    return logs.map((log) => {
      const links = this.#fields.flatMap((field) => field.linkOf(log) ?? []);
      return links.length === 0 ? log : { ...log, links };
    });
  }

  /** Reads what has changed, and says what is wrong in it. */
  look(): Promise<void> {
    if (this.#looking !== undefined) return this.#looking;
    if (this.#nowMs() - this.#lookedMs < LOOK_AGAIN_MS) return Promise.resolve();
    this.#looking = this.#read().finally(() => {
      this.#looking = undefined;
      this.#lookedMs = this.#nowMs();
    });
    return this.#looking;
  }

  async #read(): Promise<void> {
    const problems: string[] = [];
    const files = (await Promise.all(this.#paths.map((path) => filesAt(path, problems)))).flat();
    const stamps = files.map(({ file, stamp }) => `${file} ${stamp}`).join('\n');
    // What can't be found may come.
    if (stamps !== this.#stamps || problems.length > 0) {
      this.#fields = await readFields(files, problems);
      this.#stamps = stamps;
      for (const problem of problems) if (!this.#said.has(problem)) this.#say(problem);
      this.#said = new Set(problems);
    }
  }
}

interface FoundFile {
  readonly file: string;
  /** What says whether it has changed. */
  readonly stamp: string;
}

async function filesAt(path: string, problems: string[]): Promise<FoundFile[]> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return [{ file: path, stamp: `${found.mtimeMs} ${found.size} ${found.ino}` }];
    const names = (await readdir(path)).filter((name) => YAML.test(name)).sort();
    return (await Promise.all(names.map((name) => filesAt(join(path, name), problems)))).flat();
  } catch (error) {
    problems.push(`${path}: ${messageOf(error)}`);
    return [];
  }
}

async function readFields(files: readonly FoundFile[], problems: string[]): Promise<readonly DerivedField[]> {
  const sources: { readonly source: WrittenSource; readonly place: string }[] = [];
  for (const { file } of files) {
    try {
      for (const [i, source] of (await sourcesIn(file)).entries())
        sources.push({ source: source ?? {}, place: `${file}: datasources[${i}]` });
    } catch (error) {
      problems.push(`${file}: ${messageOf(error)}`);
    }
  }
  const types = new Map(sources.map(({ source: { uid, name, type } }) => [uid ?? name, type]));
  const typeOf = (uid: string): string | undefined => {
    const type = types.get(uid);
    return typeof type === 'string' ? type : undefined;
  };
  const written = sources.flatMap(({ source, place }) => {
    const list = source.jsonData?.derivedFields;
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      problems.push(`${place}.jsonData.derivedFields: must be a list`);
      return [];
    }
    return list.map((field, i) => ({
      field: filledIn((field ?? {}) as WrittenField),
      place: `${place}.jsonData.derivedFields[${i}]`,
    }));
  });
  if (written.length > FIELDS_LIMIT)
    problems.push(`data sources have ${written.length} derived fields; the first ${FIELDS_LIMIT} are taken`);
  return written.slice(0, FIELDS_LIMIT).flatMap(({ field, place }) => {
    const read = readField(field, typeOf);
    problems.push(...read.problems.map((problem) => `${place}.${problem}`));
    return read.field ?? [];
  });
}

function filledIn(field: WrittenField): WrittenField {
  return Object.fromEntries(
    Object.entries(field).map(([key, value]) => [key, typeof value === 'string' ? withEnvironment(value) : value]),
  );
}

async function sourcesIn(file: string): Promise<readonly (WrittenSource | null)[]> {
  const { size } = await stat(file);
  if (size > FILE_BYTES_LIMIT) throw new Error(`has ${size} bytes; data sources have at most ${FILE_BYTES_LIMIT}`);
  const content = parse(await readFile(file, 'utf8')) as { readonly datasources?: unknown } | null;
  if (!Array.isArray(content?.datasources))
    throw new Error('datasources is missing: this is no file that provisions data sources');
  return content.datasources as readonly (WrittenSource | null)[];
}
