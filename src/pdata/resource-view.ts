import { ArenaWriter } from './arena-writer.ts';
import type { AttributeCursor } from './attributes.ts';
import type { Chunk } from './chunk.ts';
import { findField, readVarint32 } from './protobuf.ts';
import { textAt } from './text.ts';

const RESOURCE_DROPPED = 2;
const SCOPE = { name: 1, version: 2, droppedAttributesCount: 4 } as const;
/** In the messages around resources and scopes. */
const SCHEMA_URL = 3;

/** One resource at a time: `view.index` moves it. */
export class ResourceView {
  readonly #chunk: Chunk;
  index = 0;

  constructor(chunk: Chunk) {
    this.#chunk = chunk;
  }

  get attributes(): AttributeCursor {
    return this.#chunk.resourceAttributes.of(this.index);
  }

  get droppedAttributesCount(): number {
    const { layout, arena } = this.#chunk;
    return numberIn(arena, layout.resourceStart[this.index]!, layout.resourceEnd[this.index]!, RESOURCE_DROPPED);
  }
  set droppedAttributesCount(count: number) {
    this.#chunk.rewriteResource(this.index, 1 << RESOURCE_DROPPED, numberField(RESOURCE_DROPPED, count));
  }

  get schemaUrl(): string {
    return schemaUrlOf(this.#chunk, 'resource', this.index);
  }
  set schemaUrl(url: string) {
    this.#chunk.rewriteGroup('resource', this.index, 1 << SCHEMA_URL, textField(SCHEMA_URL, url));
  }
}

/** One instrumentation scope at a time: `view.index` moves it. */
export class ScopeView {
  readonly #chunk: Chunk;
  index = 0;

  constructor(chunk: Chunk) {
    this.#chunk = chunk;
  }

  get name(): string {
    return this.#chunk.scopeName(this.index);
  }
  set name(name: string) {
    this.#chunk.rewriteScope(this.index, 1 << SCOPE.name, textField(SCOPE.name, name));
  }

  get version(): string {
    return this.#chunk.scopeVersion(this.index);
  }
  set version(version: string) {
    this.#chunk.rewriteScope(this.index, 1 << SCOPE.version, textField(SCOPE.version, version));
  }

  get attributes(): AttributeCursor {
    return this.#chunk.scopeAttributes.of(this.index);
  }

  get droppedAttributesCount(): number {
    const { layout, arena } = this.#chunk;
    const field = SCOPE.droppedAttributesCount;
    return numberIn(arena, layout.scopeStart[this.index]!, layout.scopeEnd[this.index]!, field);
  }
  set droppedAttributesCount(count: number) {
    const field = SCOPE.droppedAttributesCount;
    this.#chunk.rewriteScope(this.index, 1 << field, numberField(field, count));
  }

  get schemaUrl(): string {
    return schemaUrlOf(this.#chunk, 'scope', this.index);
  }
  set schemaUrl(url: string) {
    this.#chunk.rewriteGroup('scope', this.index, 1 << SCHEMA_URL, textField(SCHEMA_URL, url));
  }
}

/** The schema URL of a resource or scope; '' where there is none. */
export function schemaUrlOf(chunk: Chunk, kind: 'resource' | 'scope', owner: number): string {
  const { layout, arena } = chunk;
  const head = kind === 'resource' ? layout.resourceHead : layout.scopeHead;
  let url = '';
  for (let range = head.from[owner]!; range < head.to[owner]!; range++) {
    const found = findField(arena, head.start[range]!, head.end[range]!, SCHEMA_URL);
    if (found !== undefined) url = textAt(arena, found.at, found.length);
  }
  return url;
}

function numberIn(arena: Uint8Array, from: number, to: number, field: number): number {
  const range = findField(arena, from, to, field);
  return range === undefined ? 0 : readVarint32(arena, range.at);
}

const scratch = new ArenaWriter(256);

/** A text as a complete field; nothing for ''. Valid until the next call. */
export function textField(field: number, text: string): Uint8Array {
  scratch.reset();
  scratch.textField(field, text);
  return scratch.view();
}

/** A uint32 as a complete field; nothing for 0. Valid until the next call. */
export function numberField(field: number, value: number): Uint8Array {
  scratch.reset();
  scratch.uintField(field, value);
  return scratch.view();
}
