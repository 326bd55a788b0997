import type { LabelFilter, LineFilter, Stage } from '#lang/logql';
import { literals } from '../filter/index.ts';

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

/** A label that a line must have. None of the texts is empty. */
export interface WantedLabel {
  readonly name: string;
  /** One of them is in its value. */
  readonly texts: readonly string[];
  /** One of them is its value. */
  readonly isWhole: boolean;
  /** Behind a parser: the line itself may say it. */
  readonly isParsed: boolean;
}

const PARSERS: ReadonlySet<Stage['kind']> = new Set(['json', 'logfmt', 'pattern', 'regexp']);
/** Behind these a label may have a value that stands nowhere in the stored line. */
const MAKE_LABELS: ReadonlySet<Stage['kind']> = new Set([...CHANGE_LINE, 'label_format']);

/**
 * Labels that a pipeline asks for. A parser takes values out of the line as they are written there, but for escapes: so a line that has the label from
 * its parser has one of the texts in it, or a backslash.
 */
export function wantedLabels(stages: readonly Stage[]): readonly WantedLabel[] {
  const wanted: WantedLabel[] = [];
  let isParsed = false;
  for (const stage of stages) {
    if (MAKE_LABELS.has(stage.kind)) break;
    if (PARSERS.has(stage.kind)) isParsed = true;
    else if (stage.kind === 'filter') addWanted(stage.filter, isParsed, wanted);
  }
  return wanted;
}

function addWanted(filter: LabelFilter, isParsed: boolean, wanted: WantedLabel[]): void {
  if (filter.kind === 'and') {
    addWanted(filter.left, isParsed, wanted);
    addWanted(filter.right, isParsed, wanted);
  } else if (filter.kind === 'text') {
    const { name, operator, value } = filter;
    if (operator === '=' && value !== '') wanted.push({ name, texts: [value], isWhole: true, isParsed });
    if (operator === '=~')
      wanted.push(...neededTexts(value).map((texts) => ({ name, texts, isWhole: texts.length > 1, isParsed })));
  }
}

/** Of each list one text is in whatever an expression matches; of a list of several one is it. */
function neededTexts(pattern: string): readonly (readonly string[])[] {
  const choices = pattern.split('|');
  if (choices.length > 1 && choices.every((choice) => /^[^\\.()[\]{}?*+^$]+$/.test(choice))) return [choices];
  return literals(pattern).map((text) => [text]);
}
