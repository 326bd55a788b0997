import { type ConfigError, ConfigErrors } from '#base';
import type { ConfigNode } from '#config';
import { type NotifyConfig, readNotifyRoot } from '../config/file.ts';
import type { TemplateFile } from '../template/templates.ts';
import type { Environment } from './nodes.ts';
import { translateGrafana } from './translate.ts';

export interface GrafanaFiles {
  /** At least one. */
  readonly roots: readonly ConfigNode[];
  readonly file: string;
  readonly allowsAbsent: boolean;
  readonly environment: Environment;
}

/** Files of Grafana's provisioning as the configuration of our Alertmanager. Throws all that is wrong with them, as ConfigErrors, with their places. */
export function readGrafanaConfig({ roots, file, allowsAbsent, environment }: GrafanaFiles): {
  readonly config: NotifyConfig;
  readonly templates: readonly TemplateFile[];
} {
  const { root, absent, templates, warnings, errors } = translateGrafana(roots, { environment, allowsAbsent });
  if (errors.length > 0) throw new ConfigErrors(unique(errors));
  const config = readNotifyRoot(root, { file, allowsAbsent }, absent);
  return { config: { ...config, warnings: [...warnings, ...config.warnings] }, templates };
}

/** What an anchor stands for twice is wrong once. */
function unique(errors: readonly ConfigError[]): readonly ConfigError[] {
  const keyOf = ({ message, place }: ConfigError): string =>
    `${place?.file}:${place?.line}:${place?.column} ${message}`;
  return [...new Map(errors.map((error) => [keyOf(error), error])).values()];
}
