/** What became of the lines of a text: those that changed, with a few around them. */
import { useMemo } from 'react';
import { diffLines } from '../../lib/dashboards/edit.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { plural } from '../../lib/format.ts';

/** Lines around a change. */
const CONTEXT = 3;
const SIGNS = { same: ' ', added: '+', removed: '-' } as const;

interface DiffTextProps {
  readonly before: string;
  readonly after: string;
  /** Where they are the same. */
  readonly same?: string;
}

export function DiffText({ before, after, same = 'Nothing is changed.' }: DiffTextProps) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const changed = lines.flatMap(({ kind }, at) => (kind === 'same' ? [] : [at]));
  if (changed.length === 0) return <p className="muted">{same}</p>;
  const shown = new Set(changed.flatMap((at) => Array.from({ length: 2 * CONTEXT + 1 }, (_, i) => at - CONTEXT + i)));
  return (
    <>
      <p className="muted">{plural(changed.length, 'changed line')}</p>
      <pre className="mono dash-diff">
        {lines.map(({ kind, text }, at) =>
          shown.has(at) ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a fixed text
            <span key={at} className={`diff-${kind}`}>
              {shown.has(at - 1) || at === 0 ? '' : '…\n'}
              {SIGNS[kind]} {visibleText(text)}
              {'\n'}
            </span>
          ) : null,
        )}
      </pre>
    </>
  );
}
