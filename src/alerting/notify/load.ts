import { globSync, readFileSync, statSync } from 'node:fs';
import { ConfigError, ConfigErrors, messageOf, StartError } from '#base';
import type { ConfigNode } from '#config';
import { type NotifyConfig, type NotifyFile, parseRoot, readNotifyConfig, templatesIn } from './config/file.ts';
import { readGrafanaConfig } from './grafana/read.ts';
import { isGrafanaFile } from './grafana/translate.ts';
import type { NotifySetup } from './notifier.ts';
import { NotifyTemplates, type TemplateFile } from './template/templates.ts';

/** As much of one template file as anybody needs. */
const TEMPLATE_LIMIT_BYTES = 1024 * 1024;

/**
 * A configuration with its template files, read and checked: a file of Alertmanager, or one or a folder of Grafana's provisioning. Throws ConfigErrors,
 * or a StartError for files.
 */
export function readSetup(file: string, options: { readonly allowsAbsent?: boolean } = {}): NotifySetup {
  if (isFolder(file)) return readGrafana(grafanaFilesIn(file), file, options);
  const source = { text: readText(file, 'the Alertmanager configuration'), file, ...options };
  if (/apiVersion["']?\s*:/.test(source.text)) {
    const root = parseRoot(source);
    if (isGrafanaFile(root)) return readGrafana([{ file, root }], file, options);
  }
  const config = readConfig(source);
  const templates = templateFiles(config.templates);
  try {
    new NotifyTemplates(templates, () => 0);
  } catch (error) {
    throw new StartError(`${file}: ${messageOf(error)}`, 'the place is in a file of `templates`', { cause: error });
  }
  return { config, templates };
}

interface GrafanaFile {
  readonly file: string;
  readonly root: ConfigNode;
}

function readGrafana(
  files: readonly GrafanaFile[],
  from: string,
  { allowsAbsent = false }: { readonly allowsAbsent?: boolean },
): NotifySetup {
  const roots = files.map(({ root }) => root);
  const { config, templates } = readGrafanaConfig({ roots, file: from, allowsAbsent, environment: process.env });
  try {
    new NotifyTemplates(templates, () => 0);
  } catch (error) {
    throw new StartError(messageOf(error), 'the place is one of `templates`', { cause: error });
  }
  return { config, templates, files: files.map(({ file }) => file) };
}

/** Other files of the folder are of something else. */
function grafanaFilesIn(folder: string): readonly GrafanaFile[] {
  const files = globSync(`${folder}/**/*.{yaml,yml,json}`)
    .sort()
    .map((file) => ({ file, root: parseRoot({ text: readText(file, 'the file'), file }) }))
    .filter(({ root }) => isGrafanaFile(root));
  if (files.length > 0) return files;
  throw new StartError(`${folder} has no file of Grafana's provisioning (apiVersion: 1)`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Mistakes of the template files are told together with those of the configuration. */
function readConfig(source: NotifyFile): NotifyConfig {
  try {
    return readNotifyConfig(source);
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    throw new ConfigErrors([...error.errors, ...templateErrors(source)]);
  }
}

function templateErrors(source: NotifyFile): readonly ConfigError[] {
  let templates: ReturnType<typeof templatesIn>;
  try {
    templates = templatesIn(source);
  } catch {
    // It is no YAML, which is told already.
    return [];
  }
  try {
    new NotifyTemplates(templateFiles(templates.globs), () => 0);
    return [];
  } catch (error) {
    return [new ConfigError('templates', `templates: ${messageOf(error)}`, templates.place)];
  }
}

function templateFiles(globs: readonly string[]): readonly TemplateFile[] {
  return globs.flatMap((glob) =>
    globSync(glob)
      .sort()
      .map((name) => ({ name, text: readText(name, 'the template file') })),
  );
}

function readText(file: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`can't read ${what} ${file}: ${messageOf(error)}`, undefined, { cause: error });
  }
  if (text.length > TEMPLATE_LIMIT_BYTES) throw new StartError(`${what} ${file} has more than 1 MiB`);
  return text;
}
