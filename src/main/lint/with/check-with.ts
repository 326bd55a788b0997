import { readFileSync } from 'node:fs';
import type { LoadedConfig } from '#config';
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

/** Copying a pattern through some other text takes its backslashes: `(\\w+)` becomes `(w+)`, which is one letter. */
function lostBackslash({ name, pattern, place }: DerivedField): Finding[] {
  const found = /(?<!\\)\(([wdsS])([+*])\)/.exec(pattern);
  if (found === null) return [];
  const message = `"${name}": ${found[0]} takes the letter ${found[1]} alone; did you mean (\\${found[1]}${found[2]})?`;
  return [{ level: 'warning', rule: 'lost-backslash', message, place }];
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
