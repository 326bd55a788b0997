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

/** What a query wants of a label of lines. */
export type WantedLabel = WantedText | WantedNumber;

/** A label that a line must have with one of some texts. None of them is empty. */
export interface WantedText {
  readonly kind: 'text';
  readonly name: string;
  /** One of them is in its value. */
  readonly texts: readonly string[];
  /** One of them is its value. */
  readonly isWhole: boolean;
  /** Behind a parser: the line itself may say it. */
  readonly isParsed: boolean;
}

/**
 * A label that a line must have with a number, or with what is none, which is an error of the line. Only parsers that call labels as the line
 * does may have made it.
 */
export interface WantedNumber {
  readonly kind: 'number';
  readonly name: string;
  /** Both inclusive; of durations seconds. */
  readonly least: number;
  readonly most: number;
  readonly unit: 'number' | 'duration';
  readonly isParsed: true;
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
  let parsed = 'not' as Parsed;
  for (const stage of stages) {
    if (MAKE_LABELS.has(stage.kind)) break;
    if (PARSERS.has(stage.kind)) parsed = keepsNames(stage) && parsed !== 'renamed' ? 'as-named' : 'renamed';
    else if (stage.kind === 'filter') addWanted(stage.filter, parsed, wanted);
  }
  return wanted;
}

/** Whether labels were taken out of the line, and whether under the names that they have there. */
type Parsed = 'not' | 'as-named' | 'renamed';

function keepsNames(stage: Stage): boolean {
  return (stage.kind === 'json' || stage.kind === 'logfmt') && stage.extractions.length === 0;
}

function addWanted(filter: LabelFilter, parsed: Parsed, wanted: WantedLabel[]): void {
  if (filter.kind === 'and') {
    addWanted(filter.left, parsed, wanted);
    addWanted(filter.right, parsed, wanted);
  } else if (filter.kind === 'text') {
    const isParsed = parsed !== 'not';
    const { name, operator, value } = filter;
    if (operator === '=' && value !== '') wanted.push({ kind: 'text', name, texts: [value], isWhole: true, isParsed });
    if (operator === '=~')
      for (const texts of neededTexts(value))
        wanted.push({ kind: 'text', name, texts, isWhole: texts.length > 1, isParsed });
  } else if (filter.kind === 'compare' && parsed === 'as-named' && filter.unit !== 'bytes') {
    const { name, operator, value, unit } = filter;
    const least = operator === '<' || operator === '<=' || operator === '!=' ? -Infinity : value;
    const most = operator === '>' || operator === '>=' || operator === '!=' ? Infinity : value;
    wanted.push({ kind: 'number', name, least, most, unit, isParsed: true });
  }
}

/** Of each list one text is in whatever an expression matches; of a list of several one is it. */
function neededTexts(pattern: string): readonly (readonly string[])[] {
  const choices = pattern.split('|');
  if (choices.length > 1 && choices.every((choice) => /^[^\\.()[\]{}?*+^$]+$/.test(choice))) return [choices];
  return literals(pattern).map((text) => [text]);
}
