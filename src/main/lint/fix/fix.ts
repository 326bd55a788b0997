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
  if (!namesOnly) {
    const lint = new LintFile(config.root);
    fixProcessing(lint, edit);
    fixMetrics(lint, edit);
    if (needsOwnMetrics) scrapeItself(lint, edit);
    fixDelivery(lint, edit);
  }
  fixNames(edit, namesOnly);
  const changes = edit.changes.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  return { text: edit.result(), changes };
}
export type { Change } from './change.ts';
