import { offsetOf } from '#lang/promql';

/** An expression with a mark under the characters that a message is about. */

/** The line that has the place, and a mark below it. `end` is exclusive; a place behind the text is marked behind it. */
export function markedAt(text: string, start: number, end: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const line = text.slice(lineStart).split('\n')[0]!;
  const from = Math.min(start - lineStart, line.length);
  const length = Math.max(1, Math.min(end - start, line.length - from));
  // A tab stays one, so that the mark stands below what it is about.
  return `  ${line}\n  ${line.slice(0, from).replaceAll(/[^\t]/g, ' ')}${'^'.repeat(length)}`;
}

/** A message of a server with the place that it names, if it does: `1:5: parse error: …`, or `PromQL info: … (1:5)`. */
export function withMark(message: string, text: string): string {
  const place = /(?:^|: )(\d+):(\d+): parse error|\((\d+):(\d+)\)$/.exec(message);
  if (place === null) return message;
  const start = offsetOf(text, Number(place[1] ?? place[3]), Number(place[2] ?? place[4]));
  if (start === undefined) return message;
  const word = /^[\w:.]+/.exec(text.slice(start))?.[0].length ?? 1;
  return `${message}\n${markedAt(text, start, start + word)}`;
}
