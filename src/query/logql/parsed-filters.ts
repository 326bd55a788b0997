import type { LabelFilter, Stage } from '#lang/logql';

/** Conditions on what a parser takes out of a line, of which the store can tell for lines of a plain form whether they are met. */
export interface ParsedFilters {
  readonly parser: 'json' | 'logfmt';
  /** All are to be met. */
  readonly filters: readonly ParsedFilter[];
}

export type ParsedFilter =
  | { readonly kind: 'and' | 'or'; readonly left: ParsedFilter; readonly right: ParsedFilter }
  | Extract<LabelFilter, { kind: 'text' | 'compare' }>;

const ERROR_NAMES = /^__/;

/**
 * Of a pipeline that takes the labels of a line out of it once, under the names that they have there, and then asks for texts, numbers and durations among
 * them; undefined for any other. Filters of lines may stand anywhere.
 */
export function parsedFilters(stages: readonly Stage[]): ParsedFilters | undefined {
  let parser: ParsedFilters['parser'] | undefined;
  const filters: ParsedFilter[] = [];
  for (const stage of stages) {
    if (stage.kind === 'line') continue;
    if (stage.kind === 'filter') {
      if (parser === undefined || !isParsedFilter(stage.filter)) return undefined;
      filters.push(stage.filter);
    } else if (parser === undefined && isPlainParser(stage)) parser = stage.kind;
    else return undefined;
  }
  return parser === undefined || filters.length === 0 ? undefined : { parser, filters };
}

function isPlainParser(stage: Stage): stage is Extract<Stage, { kind: 'json' | 'logfmt' }> {
  if (stage.kind === 'json') return stage.extractions.length === 0;
  return stage.kind === 'logfmt' && stage.extractions.length === 0 && !stage.isStrict && !stage.keepsEmpty;
}

function isParsedFilter(filter: LabelFilter): filter is ParsedFilter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return isParsedFilter(filter.left) && isParsedFilter(filter.right);
    case 'text':
      // A line of a plain form has no error.
      return !ERROR_NAMES.test(filter.name) || filter.name === '__error__';
    case 'compare':
      return !ERROR_NAMES.test(filter.name) && filter.unit !== 'bytes';
    case 'ip':
      return false;
  }
}

/** The labels that are asked for. */
export function namesOf(filter: LabelFilter): readonly string[] {
  return 'left' in filter ? [...namesOf(filter.left), ...namesOf(filter.right)] : [filter.name];
}
