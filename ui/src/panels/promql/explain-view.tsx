/** How each query was answered: its parts with what they took, and the statements that the store was sent. */

import type { ExplainedNode, ExplainedQuery } from '#api/types.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { formatBytes, formatCompact, formatCount, formatDuration, plural } from '../../lib/format.ts';
import type { PromResult } from '../../lib/prometheus.ts';
import type { Answered } from './use-answers.ts';

const NS_PER_MS = 1e6;

export function ExplainView({ answered }: { readonly answered: readonly Answered<PromResult>[] }) {
  return (
    <>
      {answered.map(({ asked: { query, expanded }, answer }) =>
        answer === undefined ? null : (
          <section
            key={query.letter}
            className="section explain"
            aria-label={`Query ${query.letter.toUpperCase()} explained`}
          >
            {answer.explain === undefined ? (
              <p className="muted">This server does not explain queries.</p>
            ) : (
              <Explained name={query.letter.toUpperCase()} text={expanded.text} explain={answer.explain} />
            )}
          </section>
        ),
      )}
    </>
  );
}

interface ExplainedProps {
  readonly name: string;
  readonly text: string;
  readonly explain: ExplainedQuery;
}

function Explained({ name, text, explain }: ExplainedProps) {
  const { plan, statements, totalMs, storeMs, rowsRead, bytesRead, samples } = explain;
  return (
    <>
      <div className="chart-head">
        <h3>
          {name}: {duration(totalMs)}
        </h3>
        <span className="muted">
          {duration(storeMs)} of it waiting for the store; {formatCompact(rowsRead)} rows and {formatBytes(bytesRead)}{' '}
          read in {plural(statements.length, 'statement')}; {formatCompact(samples)} samples looked at
        </span>
      </div>
      {plan === undefined ? (
        <p className="muted">{visibleText(text)} is worked out without looking at anything.</p>
      ) : (
        <div className="explain-wide">
          <table className="explain-plan" aria-label={`Parts of query ${name}`}>
            <thead>
              <tr>
                <th scope="col">Part</th>
                <th scope="col" className="right">
                  Time
                </th>
                <th scope="col" className="right">
                  Series
                </th>
                <th scope="col" className="right explain-less">
                  Values
                </th>
                <th scope="col" className="right explain-less">
                  Statements
                </th>
              </tr>
            </thead>
            <tbody>
              {rowsOf(plan, 0, '0').map((row) => (
                <PlanRow key={row.key} line={row} totalMs={Math.max(plan.ms, totalMs)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {statements.map(({ sql, parameters, rowsRead: rows, bytesRead: bytes, storeMs: ms, estimatedRows }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the plan names statements by their places
        <details key={i} className="explain-statement">
          <summary>
            Statement {i + 1}
            <span className="muted">
              {duration(ms)}, {formatCompact(rows)} rows
              {estimatedRows === undefined ? '' : ` of ${formatCompact(estimatedRows)} expected`}, {formatBytes(bytes)}
            </span>
          </summary>
          <pre className="mono">{visibleText(sql)}</pre>
          <ul className="mono muted">
            {Object.entries(parameters).map(([parameter, value]) => (
              <li key={parameter}>
                {visibleText(parameter)} = {visibleText(value)}
              </li>
            ))}
          </ul>
        </details>
      ))}
    </>
  );
}

interface PlanLine {
  /** The way to it from the root, by places. */
  readonly key: string;
  readonly node: ExplainedNode;
  readonly depth: number;
}

function rowsOf(node: ExplainedNode, depth: number, key: string): readonly PlanLine[] {
  return [{ key, node, depth }, ...node.nodes.flatMap((child, i) => rowsOf(child, depth + 1, `${key}.${i}`))];
}

/** Deeper ones stand no further to the right: there would be no room for them. */
const MAX_INDENT = 8;
const INDENT_PX = 16;

function PlanRow({ line, totalMs }: { readonly line: PlanLine; readonly totalMs: number }) {
  const { node, depth } = line;
  const share = totalMs > 0 ? Math.min(1, node.ms / totalMs) : 0;
  return (
    <tr>
      <td style={{ paddingLeft: Math.min(depth, MAX_INDENT) * INDENT_PX }}>
        <code>{visibleText(node.expr)}</code>
        {node.how.map((how) => (
          <div key={how} className="muted">
            {visibleText(how)}
          </div>
        ))}
      </td>
      <td className="right">
        {duration(node.ms)}
        <span className="explain-bar" aria-hidden="true">
          <i style={{ width: `${share * 100}%` }} />
        </span>
      </td>
      <td className="right">{formatCount(node.series)}</td>
      <td className="right explain-less">{formatCompact(node.values)}</td>
      <td className="right explain-less">{node.statements.map((place) => place + 1).join(', ')}</td>
    </tr>
  );
}

function duration(ms: number): string {
  return formatDuration(ms * NS_PER_MS);
}
