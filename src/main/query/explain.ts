import type { ExplainedNode, ExplainedQuery } from '#query/answers.ts';
import { UsageError } from '../usage.ts';

/** What a server says of how an answer came about, as text. */

/** Throws UsageError where a server explains nothing, as Prometheus itself. */
export function explainedIn(json: string): ExplainedQuery {
  const { explain } = JSON.parse(json) as { readonly explain?: ExplainedQuery };
  if (explain === undefined) throw new UsageError('this server explains no queries', 'ask a Signalbox');
  return explain;
}

export function printExplanation({ plan, statements, ...total }: ExplainedQuery): string {
  const lines: string[] = [];
  if (plan !== undefined) addNode(lines, plan, '');
  statements.forEach(({ sql, parameters, rowsRead, bytesRead, storeMs, estimatedRows }, i) => {
    const estimated = estimatedRows === undefined ? '' : ` of ${counted(estimatedRows)} estimated`;
    lines.push(
      '',
      `statement ${i + 1}: ${ms(storeMs)} in the store, ${counted(rowsRead)} rows read${estimated}, ${counted(bytesRead)} bytes`,
      ...sql.split('\n').map((line) => `  ${line.trim()}`),
      ...Object.entries(parameters).map(([name, value]) => `  ${name} = ${value}`),
    );
  });
  lines.push(
    '',
    `all: ${ms(total.totalMs)}, of it ${ms(total.storeMs)} in the store; ${counted(total.rowsRead)} rows, ${counted(total.bytesRead)} bytes read`,
    `samples looked at or made: ${counted(total.samples)}, held at a time: ${counted(total.peakSamples)}`,
  );
  return `${lines.join('\n')}\n`;
}

function addNode(lines: string[], node: ExplainedNode, indent: string): void {
  const facts = [ms(node.ms), `${counted(node.series)} series`, `${counted(node.values)} values`];
  if (node.samples > 0) facts.push(`${counted(node.samples)} samples`);
  if (node.statements.length > 0) facts.push(`statements ${node.statements.map((place) => place + 1).join(', ')}`);
  lines.push(`${indent}${node.expr}`, `${indent}  ${facts.join(', ')}`, ...node.how.map((how) => `${indent}  ${how}`));
  for (const each of node.nodes) addNode(lines, each, `${indent}    `);
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** 1234567 as 1,234,567. */
function counted(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
