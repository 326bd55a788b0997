import { readFileSync } from 'node:fs';
import type { LoadedConfig } from '#config';
import { repairBackslashes } from '../../datasources/lost-backslash.ts';
import { type Finding, inOrder } from '../finding.ts';
import { LintFile } from '../lint-file.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkManifests } from './check-manifests.ts';
import type { Companion, DerivedField } from './companion.ts';

/** Whether dashboards, rules and Kubernetes manifests fit a configuration. `text`: the configuration before variables are put in. */
export function lintWith(config: LoadedConfig, text: string, companions: readonly Companion[]): Finding[] {
  const file = new LintFile(config.root);
  return inOrder([
    ...checkExpressions(file, companions),
    ...checkManifests(file, text, companions),
    ...companions.flatMap(({ derivedFields }) => derivedFields.flatMap(lostBackslash)),
  ]);
}

function lostBackslash({ name, pattern, place }: DerivedField): Finding[] {
  return repairBackslashes(pattern).lost.map(({ wrong, meant }) => {
    const message = `"${name}": ${wrong} takes the letter ${wrong[1]} alone; did you mean ${meant}?`;
    return { level: 'warning', rule: 'lost-backslash', message, place };
  });
}

/** What is written in the files of a configuration, before variables are put in. */
export function textOf(uris: readonly string[]): string {
  return uris
    .map((uri) => {
      try {
        return readFileSync(uri.replace(/^file:/, ''), 'utf8');
      } catch {
        // It comes from the network or a variable.
        return '';
      }
    })
    .join('\n');
}
