import type { LineFilter, Stage } from '#lang/logql';

/** Stages that make another line of a line. */
const CHANGE_LINE: ReadonlySet<Stage['kind']> = new Set(['line_format', 'unpack', 'decolorize']);

/** Whether lines come out otherwise than they are stored. */
export function changesLines(stages: readonly Stage[]): boolean {
  return stages.some(({ kind }) => CHANGE_LINE.has(kind));
}

/** The filters of a pipeline that see lines as they are stored, so that the store can leave lines out. */
export function storedLineFilters(stages: readonly Stage[]): readonly LineFilter[] {
  const filters: LineFilter[] = [];
  for (const stage of stages) {
    if (CHANGE_LINE.has(stage.kind)) break;
    if (stage.kind === 'line') filters.push(stage);
  }
  return filters;
}
