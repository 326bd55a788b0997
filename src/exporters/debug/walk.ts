import type { Chunk } from '#pdata';

/** Called for each resource, scope and item in order. Numbers count from 0: resources per batch, scopes per resource, items per scope. */
export interface Visitor<C extends Chunk> {
  resource(chunk: C, resource: number, number: number): void;
  scope(chunk: C, scope: number, number: number): void;
  item(chunk: C, row: number, number: number): void;
}

/** Walks the selected rows of chunks. */
export function walk<C extends Chunk>(chunks: readonly C[], visitor: Visitor<C>): void {
  let resourceNumber = -1;
  for (const chunk of chunks) {
    let resource = -1;
    let scope = -1;
    let scopeNumber = -1;
    let itemNumber = -1;
    for (let i = 0; i < chunk.count; i++) {
      const row = chunk.rowAt(i);
      const rowScope = chunk.layout.rowScope[row]!;
      const rowResource = chunk.layout.scopeResource[rowScope]!;
      if (rowResource !== resource) {
        resource = rowResource;
        scope = -1;
        scopeNumber = -1;
        visitor.resource(chunk, resource, ++resourceNumber);
      }
      if (rowScope !== scope) {
        scope = rowScope;
        itemNumber = -1;
        visitor.scope(chunk, scope, ++scopeNumber);
      }
      visitor.item(chunk, row, ++itemNumber);
    }
  }
}

/** How many resources of a batch have selected items. */
export function countResources(chunks: readonly Chunk[]): number {
  let count = 0;
  walk(chunks, { resource: () => count++, scope: () => {}, item: () => {} });
  return count;
}
