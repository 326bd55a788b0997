/**
 * The heights of nodes that stand in layers: in an order in which few lines cross, near the nodes that they are joined with. A line over several
 * layers has a point in each of those between, so that it goes between nodes and not behind them. Pure and without chance. The method is Sugiyama's
 * (K. Sugiyama, S. Tagawa, M. Toda 1981): order by the mean place of neighbours, down and up, and the best order of all stays.
 */

export interface LayerLink {
  readonly source: number;
  readonly target: number;
}

export interface LayerHeights {
  /** The middle of each node. */
  readonly nodes: readonly number[];
  /** Of each link: the heights at which it passes the layers between its ends, from source to target; none where it goes back. */
  readonly passes: readonly (readonly number[])[];
}

export interface LayerSettings {
  readonly nodeHeight: number;
  readonly gap: number;
}

/** A node, or where a line passes a layer. */
interface Item {
  readonly layer: number;
  readonly height: number;
  readonly before: Item[];
  readonly after: Item[];
  place: number;
  y: number;
}

const SWEEPS = 12;
const PASSES = 8;
const LINE_HEIGHT = 12;
/** With more points of lines than these, lines go straight. */
const MAX_LINE_ITEMS = 3000;

/** `layers`: of each node, from 0. */
export function layerHeights(
  layers: readonly number[],
  links: readonly LayerLink[],
  { nodeHeight, gap }: LayerSettings,
): LayerHeights {
  const nodes = layers.map((layer): Item => itemOf(layer, nodeHeight));
  const rows: Item[][] = [];
  for (const node of nodes) rowOf(rows, node.layer).push(node);
  const between = links.reduce((sum, link) => sum + Math.max(0, stepsOf(layers, link) - 1), 0);
  const lines = links.map((link): readonly Item[] => {
    if (stepsOf(layers, link) < 1) return [];
    return joined(nodes[link.source]!, nodes[link.target]!, rows, between <= MAX_LINE_ITEMS);
  });
  order(rows);
  for (const row of rows) stack(row, gap);
  for (let pass = 0; pass < PASSES; pass++) {
    const isDown = pass % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) settle(row, isDown ? 'before' : 'after', gap);
  }
  const top = Math.min(0, ...rows.flat().map(({ y, height }) => y - height / 2));
  return {
    nodes: nodes.map(({ y }) => y - top),
    passes: lines.map((line) => line.map(({ y }) => y - top)),
  };
}

function itemOf(layer: number, height: number): Item {
  return { layer, height, before: [], after: [], place: 0, y: 0 };
}

/** Layers that no node stands in are there, too. */
function rowOf(rows: Item[][], layer: number): Item[] {
  while (rows.length <= layer) rows.push([]);
  return rows[layer]!;
}

function stepsOf(layers: readonly number[], { source, target }: LayerLink): number {
  return layers[target]! - layers[source]!;
}

/** Items of a line in the layers between its ends. */
function joined(source: Item, target: Item, rows: Item[][], hasItems: boolean): readonly Item[] {
  const items: Item[] = [];
  for (let layer = source.layer + 1; hasItems && layer < target.layer; layer++) {
    const item = itemOf(layer, LINE_HEIGHT);
    rowOf(rows, layer).push(item);
    items.push(item);
  }
  const chain = [source, ...items, target];
  for (const [at, item] of chain.entries()) {
    const next = chain[at + 1];
    if (next === undefined) break;
    item.after.push(next);
    next.before.push(item);
  }
  return items;
}

function number(row: readonly Item[]): void {
  for (const [place, item] of row.entries()) item.place = place;
}

/** Sorts each row in place. */
function order(rows: readonly Item[][]): void {
  for (const row of rows) number(row);
  let best = rows.map((row) => [...row]);
  let fewest = crossings(rows);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const side = sweep % 2 === 0 ? 'before' : 'after';
    for (const row of side === 'before' ? rows : rows.toReversed()) sortByNeighbours(row, side);
    const count = crossings(rows);
    if (count >= fewest) continue;
    fewest = count;
    best = rows.map((row) => [...row]);
  }
  for (const [at, row] of rows.entries()) {
    row.splice(0, row.length, ...best[at]!);
    number(row);
  }
}

function sortByNeighbours(row: Item[], side: 'before' | 'after'): void {
  const wanted = new Map(row.map((item) => [item, meanOf(item[side], ({ place }) => place) ?? item.place]));
  row.sort((a, b) => wanted.get(a)! - wanted.get(b)! || a.place - b.place);
  number(row);
}

function meanOf(items: readonly Item[], value: (item: Item) => number): number | undefined {
  return items.length === 0 ? undefined : items.reduce((sum, item) => sum + value(item), 0) / items.length;
}

/** How many pairs of lines between neighbouring layers cross: inversions, counted in a binary indexed tree. */
function crossings(rows: readonly (readonly Item[])[]): number {
  let count = 0;
  for (const [at, row] of rows.entries()) {
    const next = rows[at + 1];
    if (next === undefined) break;
    const tree = new Int32Array(next.length + 1);
    let seen = 0;
    for (const item of row) {
      for (const { place } of item.after) {
        let notAbove = 0;
        for (let i = place + 1; i > 0; i -= i & -i) notAbove += tree[i]!;
        count += seen - notAbove;
      }
      for (const { place } of item.after) {
        for (let i = place + 1; i < tree.length; i += i & -i) tree[i]! += 1;
        seen++;
      }
    }
  }
  return count;
}

function stack(row: readonly Item[], gap: number): void {
  let y = 0;
  for (const item of row) {
    item.y = y + item.height / 2;
    y += item.height + gap;
  }
}

/** Items that would lie over each other move together, as little as possible in all. */
interface Block {
  readonly items: Item[];
  /** Where the top of the first would lie. */
  sum: number;
  count: number;
  height: number;
}

/** Each where its neighbours are, as far as the order and the gaps let it: pool adjacent violators. */
function settle(row: readonly Item[], side: 'before' | 'after', gap: number): void {
  const blocks: Block[] = [];
  for (const item of row) {
    const wanted = (meanOf(item[side], ({ y }) => y) ?? item.y) - item.height / 2;
    let block: Block = { items: [item], sum: wanted, count: 1, height: item.height + gap };
    for (let above = blocks.at(-1); above !== undefined && topOf(above) + above.height > topOf(block); ) {
      blocks.pop();
      block = {
        items: [...above.items, ...block.items],
        sum: above.sum + block.sum - block.count * above.height,
        count: above.count + block.count,
        height: above.height + block.height,
      };
      above = blocks.at(-1);
    }
    blocks.push(block);
  }
  for (const block of blocks) {
    let y = topOf(block);
    for (const item of block.items) {
      item.y = y + item.height / 2;
      y += item.height + gap;
    }
  }
}

function topOf({ sum, count }: Block): number {
  return sum / count;
}
