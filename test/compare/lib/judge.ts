import type { Deviation } from '../deviations.ts';
import type { CompareSuite, Outcome } from './cases.ts';
import { areAlike } from './outcome.ts';

export interface Difference {
  readonly name: string;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  /** The row of the table that explains it. */
  readonly deviation: Deviation | undefined;
}

export interface Verdict {
  readonly differences: readonly Difference[];
  /** Rows of the table that explain nothing any more. */
  readonly stale: readonly Deviation[];
}

/** Compares the outcomes of a suite, case by case. */
export function judge(
  suite: CompareSuite,
  deviations: readonly Deviation[],
  ours: (index: number) => Outcome,
  theirs: (index: number) => Outcome,
): Verdict {
  const rows = deviations.filter((row) => row.suite === suite.name);
  const used = new Set<Deviation>();
  const differences = suite.cases.flatMap((one, index): Difference[] => {
    const [mine, other] = [ours(index), theirs(index)];
    if (areAlike(mine, other)) return [];
    const deviation = rows.find((row) => row.cases.test(one.name));
    if (deviation !== undefined) used.add(deviation);
    return [{ name: one.name, ours: mine, theirs: other, deviation }];
  });
  return { differences, stale: rows.filter((row) => !used.has(row)) };
}

const TEXT_LIMIT = 1500;

/** A difference for people: what each side did that the other did not. */
export function printDifference({ name, ours, theirs }: Difference): string {
  if ('changes' in ours && 'changes' in theirs) {
    const paths = new Set([...Object.keys(ours.changes), ...Object.keys(theirs.changes)]);
    const lines = [...paths]
      .filter((path) => ours.changes[path] !== theirs.changes[path])
      .map(
        (path) =>
          `    ${path}\n      otelcol: ${show(theirs.changes[path])}\n      here:    ${show(ours.changes[path])}`,
      );
    if ((ours.failed === undefined) !== (theirs.failed === undefined)) {
      lines.push(`    otelcol: ${theirs.failed ?? 'no error'}\n    here:    ${ours.failed ?? 'no error'}`);
    }
    return `  ${name}\n${lines.slice(0, 12).join('\n')}`;
  }
  if ('digest' in theirs) return `  ${name}\n    other than otelcol's: npm run compare shows where`;
  if ('text' in ours && 'text' in theirs) return `  ${name}\n${printLines(ours.text, theirs.text)}`;
  return `  ${name}\n    otelcol: ${cut(theirs)}\n    here:    ${cut(ours)}`;
}

/** The lines at which two texts part. */
function printLines(ours: string, theirs: string): string {
  const [mine, other] = [ours.split('\n'), theirs.split('\n')];
  const lines: string[] = [];
  for (let line = 0; line < Math.max(mine.length, other.length); line++) {
    if (mine[line] === other[line]) continue;
    lines.push(`    line ${line + 1}\n      otelcol: ${cutText(other[line])}\n      here:    ${cutText(mine[line])}`);
  }
  return lines.slice(0, LINES_LIMIT).join('\n');
}

/** From where they part on, texts of some length say nothing more. */
const LINES_LIMIT = 8;
const LINE_LIMIT = 300;

function cutText(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.slice(0, LINE_LIMIT));
}

function show(text: string | null | undefined): string {
  if (text === undefined) return 'as in the input';
  return text === null ? 'gone' : text;
}

function cut(outcome: Outcome): string {
  return JSON.stringify(outcome).slice(0, TEXT_LIMIT);
}
