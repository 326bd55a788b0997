import type { LoadedConfig } from '#config';
import { LintFile } from '../lint-file.ts';
import type { Change } from './change.ts';
import { Edit } from './edit.ts';
import { fixDelivery } from './fix-delivery.ts';
import { fixMetrics } from './fix-metrics.ts';
import { fixNames } from './fix-names.ts';
import { fixProcessing } from './fix-processing.ts';
import { scrapeItself } from './scrape-itself.ts';

export interface Fixed {
  readonly text: string;
  /** In the order of the lines that they are about. */
  readonly changes: readonly Change[];
}

export interface FixOptions {
  readonly file: string;
  readonly text: string;
  readonly config: LoadedConfig;
  /** Changes names alone, and nothing that the configuration does. */
  readonly namesOnly: boolean;
  /** Somebody asks for the collector's own metrics. */
  readonly needsOwnMetrics?: boolean;
}

/** The file that its author meant. */
export function fixConfiguration({ file, text, config, namesOnly, needsOwnMetrics = false }: FixOptions): Fixed {
  const edit = new Edit(file, text);
  const shared = edit.sharedAt;
  const isNamesOnly = namesOnly || shared !== undefined;
  if (!isNamesOnly) {
    const lint = new LintFile(config.root);
    fixProcessing(lint, edit);
    fixMetrics(lint, edit);
    if (needsOwnMetrics) scrapeItself(lint, edit);
    fixDelivery(lint, edit);
  } else if (shared !== undefined && !namesOnly) {
    const message =
      'a value is used in several places by its anchor: names alone are changed here; write it out in each for the rest';
    edit.changes.push({ kind: 'left', message, place: shared });
  }
  fixNames(edit, isNamesOnly);
  const changes = edit.changes.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  return { text: edit.result(), changes };
}
export type { Change } from './change.ts';
