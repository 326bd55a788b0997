import type { LoadedConfig } from '#config';
import { LintFile } from '../lint-file.ts';
import type { Change } from './change.ts';
import { Edit } from './edit.ts';
import { fixDelivery } from './fix-delivery.ts';
import { fixMetrics } from './fix-metrics.ts';
import { fixNames } from './fix-names.ts';
import { fixProcessing } from './fix-processing.ts';

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
}

/** The file that its author meant. */
export function fixConfiguration({ file, text, config, namesOnly }: FixOptions): Fixed {
  const edit = new Edit(file, text);
  if (!namesOnly) {
    const lint = new LintFile(config.root);
    fixProcessing(lint, edit);
    fixMetrics(lint, edit);
    fixDelivery(lint, edit);
  }
  fixNames(edit, namesOnly);
  const changes = edit.changes.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  return { text: edit.result(), changes };
}
export type { Change } from './change.ts';
