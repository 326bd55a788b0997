/** What an expression took, part by part. */
export interface ExplainedNode {
  /** As the node is printed, cut. */
  readonly expr: string;
  /** Who found its values, and why; empty for what is worked out from the nodes in it. */
  readonly how: readonly string[];
  /** With the nodes in it. */
  readonly ms: number;
  readonly series: number;
  /** Of all its series. */
  readonly values: number;
  /** That were looked at one by one; those that ClickHouse looked at are rows of its statements. */
  readonly samples: number;
  /** Statements of its own: places in the list of all. */
  readonly statements: readonly number[];
  readonly nodes: readonly ExplainedNode[];
}

/** What `explain=1` adds to an answer. */
export interface ExplainedQuery {
  /** The tree of the expression's nodes. */
  readonly plan?: ExplainedNode;
  readonly statements: readonly StatementCost[];
  readonly totalMs: number;
  /** Of that: waiting for the store. */
  readonly storeMs: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly samples: number;
  readonly peakSamples: number;
}

/** What a statement took, as the store says. */
export interface StatementCost {
  readonly sql: string;
  /** What stands for `{p0:…}` and so on, as texts. */
  readonly parameters: { readonly [name: string]: string };
  /** What the store expects to read (EXPLAIN ESTIMATE); absent where it does not say, as of its own tables. */
  readonly estimatedRows?: number;
  /** What it may read. */
  readonly limits: { readonly rows?: number; readonly bytes?: number };
  /** As last seen: an engine of ours does not tell it of a statement that was over soon. A ClickHouse server always does. */
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly storeMs: number;
}
