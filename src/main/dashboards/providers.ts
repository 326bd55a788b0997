import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { messageOf } from '#base';
import { withEnvironment } from '../provisioned-text.ts';

/** A folder of dashboards, and where the list sorts them. */
export interface Provider {
  readonly path: string;
  /** undefined: each file's own folder below `path` is. */
  readonly folder: string | undefined;
}

export interface FoundProviders {
  readonly providers: readonly Provider[];
  /** What could not be read, a sentence each that begins with the file's name. */
  readonly problems: readonly string[];
}

const YAML = /\.ya?ml$/;

/**
 * What the paths of the configuration mean: folders of dashboards, files of Grafana's provisioning (`apiVersion: 1`, `providers`), or folders that hold such
 * files. A provider's folder that isn't there is looked for beside its file, since it names one of the machine that Grafana runs on.
 */
export async function findProviders(paths: readonly string[]): Promise<FoundProviders> {
  const problems: string[] = [];
  const providers: Provider[] = [];
  for (const path of paths) {
    if (YAML.test(path)) {
      await readInto(path, providers, problems);
      continue;
    }
    providers.push({ path, folder: undefined });
    const names = await readdir(path).catch(() => []);
    for (const name of names.filter((each) => YAML.test(each)).sort())
      await readInto(join(path, name), providers, problems, true);
  }
  return { providers, problems };
}

/** `isBeside`: other YAML files may lie in a folder of dashboards, which are nobody's mistake. */
async function readInto(file: string, providers: Provider[], problems: string[], isBeside = false): Promise<void> {
  try {
    const content = parse(await readFile(file, 'utf8')) as { readonly providers?: unknown } | null;
    if (!Array.isArray(content?.providers)) {
      if (!isBeside) problems.push(`${file}: providers is missing: this is no file that provisions dashboards`);
      return;
    }
    for (const [i, written] of content.providers.entries()) {
      const found = await readProvider(written as WrittenProvider | null, file);
      if ('problem' in found) problems.push(`${file}: providers[${i}]${found.problem}`);
      else providers.push(found);
    }
  } catch (error) {
    problems.push(`${file}: ${messageOf(error)}`);
  }
}

interface WrittenProvider {
  readonly type?: unknown;
  readonly folder?: unknown;
  readonly options?: {
    readonly path?: unknown;
    readonly folder?: unknown;
    readonly foldersFromFilesStructure?: unknown;
  } | null;
}

async function readProvider(
  written: WrittenProvider | null,
  file: string,
): Promise<Provider | { readonly problem: string }> {
  const { type = 'file', folder, options } = written ?? {};
  if (type !== 'file') return { problem: `.type: is ${JSON.stringify(type)}; only file is known` };
  // `folder` is what `path` was called before Grafana 5.
  const path = options?.path ?? options?.folder;
  if (typeof path !== 'string' || path === '') return { problem: '.options.path: must be a folder' };
  const place = await placeOf(withEnvironment(path), file);
  if (place === undefined)
    return { problem: `.options.path: there is no ${withEnvironment(path)}, and no such folder beside the file` };
  const isByFolders = options?.foldersFromFilesStructure === true;
  return { path: place, folder: isByFolders || typeof folder !== 'string' || folder === '' ? undefined : folder };
}

/** As it is written, or the longest end of it that is there beside the file. */
async function placeOf(path: string, file: string): Promise<string | undefined> {
  const beside = dirname(file);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const ends = parts.map((_, i) => join(beside, ...parts.slice(i)));
  for (const candidate of [isAbsolute(path) ? path : join(beside, path), ...ends, beside]) {
    const isFolder = await stat(candidate).then(
      (found) => found.isDirectory(),
      () => false,
    );
    // A folder above would be all there is.
    if (isFolder && (candidate !== beside || parts.length === 0 || beside.endsWith(parts.at(-1)!))) return candidate;
  }
  return undefined;
}
