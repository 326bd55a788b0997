import { type PromExpr, printPromql } from '#lang/promql';
import type { ExplainedNode } from '../answers/index.ts';
import type { StepSeries } from './matrix.ts';

/** A node while it is counted. */
interface CountedNode extends ExplainedNode {
  how: string[];
  ms: number;
  series: number;
  values: number;
  samples: number;
  readonly statements: number[];
  readonly nodes: CountedNode[];
}

const EXPR_CHARS = 300;

/** Watches an evaluation: the tree of its nodes, as they were evaluated. A subquery's expression is one node, on its own grid. */
export class Explanation {
  readonly root: CountedNode = newNode('');
  readonly #countStatements: () => number;
  #current: CountedNode = this.root;
  #claimed = 0;

  /** `countStatements` says how many the query has sent so far. */
  constructor(countStatements: () => number) {
    this.#countStatements = countStatements;
  }

  /** Nodes are evaluated one behind the other. */
  async node(expr: PromExpr, evaluate: () => Promise<StepSeries[]>): Promise<StepSeries[]> {
    const parent = this.#current;
    this.#claim();
    const text = printPromql(expr);
    const node = newNode(text.length > EXPR_CHARS ? `${text.slice(0, EXPR_CHARS)} …` : text);
    parent.nodes.push(node);
    this.#current = node;
    const beginMs = performance.now();
    try {
      const series = await evaluate();
      node.series = series.length;
      for (const { kinds } of series) for (const kind of kinds) if (kind !== 0) node.values++;
      return series;
    } finally {
      node.ms = performance.now() - beginMs;
      this.#claim();
      this.#current = parent;
    }
  }

  /** How the values of the node that is evaluated are found. */
  say(how: string): void {
    if (!this.#current.how.includes(how)) this.#current.how.push(how);
  }

  addSamples(samples: number): void {
    this.#current.samples += samples;
  }

  /** Statements since the last look are those of the current node. */
  #claim(): void {
    const count = this.#countStatements();
    for (; this.#claimed < count; this.#claimed++) this.#current.statements.push(this.#claimed);
  }
}

function newNode(expr: string): CountedNode {
  return { expr, how: [], ms: 0, series: 0, values: 0, samples: 0, statements: [], nodes: [] };
}
