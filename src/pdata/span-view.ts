import { hexAt } from '#base';
import { ArenaWriter } from './arena-writer.ts';
import type { AttributeCursor } from './attributes.ts';
import { statusMessageOf } from './details.ts';
import { ItemList } from './item-list.ts';
import { readUint32 } from './protobuf.ts';
import { numberField, ResourceView, ScopeView, textField } from './resource-view.ts';
import { SPAN, SPAN_EVENT, SPAN_LINK, SPAN_STATUS, STATUS_ERROR } from './span-fields.ts';
import type { SpanRows } from './span-rows.ts';
import { textAt } from './text.ts';

const scratch = new ArenaWriter(256);

/**
 * One span at a time. `view.row = chunk.rowAt(i)` moves it; it holds no data of its own. Setting needs a batch that the caller may change
 * (Consumer.mutatesData). Ids are hexadecimal, times nanoseconds since the epoch.
 */
export class SpanView {
  readonly #chunk: SpanRows;
  readonly #resource: ResourceView;
  readonly #scope: ScopeView;
  #events: EventList | undefined = undefined;
  #links: LinkList | undefined = undefined;
  row = 0;

  constructor(chunk: SpanRows) {
    this.#chunk = chunk;
    this.#resource = new ResourceView(chunk);
    this.#scope = new ScopeView(chunk);
  }

  get traceId(): string {
    return hexAt(this.#chunk.arena, this.#chunk.columns.traceIdAt[this.row]!, 16);
  }
  set traceId(hex: string) {
    this.#chunk.setId(this.row, SPAN.traceId, 'traceIdAt', 16, hex, true);
  }

  get spanId(): string {
    return hexAt(this.#chunk.arena, this.#chunk.columns.spanIdAt[this.row]!, 8);
  }
  set spanId(hex: string) {
    this.#chunk.setId(this.row, SPAN.spanId, 'spanIdAt', 8, hex, true);
  }

  /** '' for a root. */
  get parentSpanId(): string {
    const at = this.#chunk.columns.parentSpanIdAt[this.row]!;
    return at === 0 ? '' : hexAt(this.#chunk.arena, at, 8);
  }
  set parentSpanId(hex: string) {
    this.#chunk.setId(this.row, SPAN.parentSpanId, 'parentSpanIdAt', 8, hex, false);
  }

  get isRoot(): boolean {
    return this.#chunk.columns.parentSpanIdAt[this.row] === 0;
  }

  get name(): string {
    const { nameAt, nameLength } = this.#chunk.columns;
    return textAt(this.#chunk.arena, nameAt[this.row]!, nameLength[this.row]!);
  }
  set name(name: string) {
    this.#chunk.setText(this.row, SPAN.name, 'nameAt', 'nameLength', name);
  }

  /** SPAN_KIND_*. */
  get kind(): number {
    return this.#chunk.columns.kind[this.row]!;
  }
  set kind(kind: number) {
    this.#chunk.setNumber(this.row, SPAN.kind, 'kind', kind);
  }

  /** STATUS_*. */
  get statusCode(): number {
    return this.#chunk.columns.statusCode[this.row]!;
  }
  set statusCode(code: number) {
    this.#chunk.setNumber(this.row, SPAN.status, 'statusCode', code);
  }

  get isError(): boolean {
    return this.#chunk.columns.statusCode[this.row] === STATUS_ERROR;
  }

  get statusMessage(): string {
    const { at, length } = statusMessageOf(this.#chunk, this.row);
    return textAt(this.#chunk.arena, at, length);
  }
  set statusMessage(message: string) {
    const { statusCode } = this;
    scratch.reset();
    const mark = scratch.begin(SPAN.status);
    scratch.textField(SPAN_STATUS.message, message);
    scratch.uintField(SPAN_STATUS.code, statusCode);
    scratch.end(mark);
    this.#chunk.rewriteRow(this.row, 1 << SPAN.status, scratch.view());
  }

  get startNs(): bigint {
    return this.#chunk.columns.startNs[this.row]!;
  }
  set startNs(timeNs: bigint) {
    this.#chunk.setTime(this.row, SPAN.startTime, 'startNs', timeNs);
  }

  get endNs(): bigint {
    return this.#chunk.columns.endNs[this.row]!;
  }
  set endNs(timeNs: bigint) {
    this.#chunk.setTime(this.row, SPAN.endTime, 'endNs', timeNs);
  }

  /** End minus start in nanoseconds; negative where a clock went backwards. */
  get durationNs(): number {
    const { startWords, endWords } = this.#chunk.columns;
    const low = this.row * 2;
    return (endWords[low + 1]! - startWords[low + 1]!) * 0x1_0000_0000 + (endWords[low]! - startWords[low]!);
  }

  /** W3C trace flags in the low byte, and whether the parent is remote. */
  get flags(): number {
    return this.#chunk.columns.flags[this.row]!;
  }
  set flags(flags: number) {
    this.#chunk.setNumber(this.row, SPAN.flags, 'flags', flags);
  }

  get traceState(): string {
    return this.#chunk.rowText(this.row, SPAN.traceState);
  }
  set traceState(state: string) {
    this.#chunk.rewriteRow(this.row, 1 << SPAN.traceState, textField(SPAN.traceState, state));
  }

  get droppedAttributesCount(): number {
    return this.#chunk.rowNumber(this.row, SPAN.droppedAttributesCount);
  }
  set droppedAttributesCount(count: number) {
    this.#setCount(SPAN.droppedAttributesCount, count);
  }

  get droppedEventsCount(): number {
    return this.#chunk.rowNumber(this.row, SPAN.droppedEventsCount);
  }
  set droppedEventsCount(count: number) {
    this.#setCount(SPAN.droppedEventsCount, count);
  }

  get droppedLinksCount(): number {
    return this.#chunk.rowNumber(this.row, SPAN.droppedLinksCount);
  }
  set droppedLinksCount(count: number) {
    this.#setCount(SPAN.droppedLinksCount, count);
  }

  #setCount(field: number, count: number): void {
    this.#chunk.rewriteRow(this.row, 1 << field, numberField(field, count));
  }

  get attributes(): AttributeCursor {
    return this.#chunk.rowAttributes.of(this.row);
  }

  get events(): EventList {
    this.#events ??= new EventList(this.#chunk);
    return this.#events.of(this.row);
  }

  get links(): LinkList {
    this.#links ??= new LinkList(this.#chunk);
    return this.#links.of(this.row);
  }

  get resource(): ResourceView {
    this.#resource.index = this.#chunk.resourceOf(this.row);
    return this.#resource;
  }

  get scope(): ScopeView {
    this.#scope.index = this.#chunk.scopeOf(this.row);
    return this.#scope;
  }
}

/** The events of a span. `at` gives a view that the next `at` moves. */
export class EventList {
  readonly #chunk: SpanRows;
  readonly #items: ItemList;
  readonly #view: EventView;

  constructor(chunk: SpanRows) {
    this.#chunk = chunk;
    this.#items = new ItemList(chunk, SPAN_EVENT.attributes);
    this.#view = new EventView(this.#items);
  }

  of(row: number): this {
    this.#items.of(row, SPAN.events);
    return this;
  }

  get count(): number {
    return this.#items.count;
  }

  at(index: number): EventView {
    this.#view.index = index;
    return this.#view;
  }

  /** Adds an event without a name and a time, and moves the view to it. */
  add(): EventView {
    const index = this.#items.add();
    this.#chunk.ownColumn('eventCount')[this.#items.row] = this.#items.count;
    return this.at(index);
  }

  remove(index: number): void {
    this.#items.remove(index);
    this.#chunk.ownColumn('eventCount')[this.#items.row] = this.#items.count;
  }
}

export class EventView {
  readonly #items: ItemList;
  index = 0;

  constructor(items: ItemList) {
    this.#items = items;
  }

  get name(): string {
    return this.#items.text(this.index, SPAN_EVENT.name);
  }
  set name(name: string) {
    this.#items.setText(this.index, SPAN_EVENT.name, name);
  }

  get timeNs(): bigint {
    return this.#items.fixed64(this.index, SPAN_EVENT.time);
  }
  set timeNs(timeNs: bigint) {
    this.#items.setFields(this.index, 1 << SPAN_EVENT.time, (out) => out.fixed64Field(SPAN_EVENT.time, timeNs));
  }

  get attributes(): AttributeCursor {
    return this.#items.attributes.of(this.index);
  }

  get droppedAttributesCount(): number {
    return this.#items.number(this.index, SPAN_EVENT.droppedAttributesCount);
  }
  set droppedAttributesCount(count: number) {
    const field = SPAN_EVENT.droppedAttributesCount;
    this.#items.setFields(this.index, 1 << field, (out) => out.uintField(field, count));
  }
}

/** The links of a span; see EventList. */
export class LinkList {
  readonly #chunk: SpanRows;
  readonly #items: ItemList;
  readonly #view: LinkView;

  constructor(chunk: SpanRows) {
    this.#chunk = chunk;
    this.#items = new ItemList(chunk, SPAN_LINK.attributes);
    this.#view = new LinkView(this.#items);
  }

  of(row: number): this {
    this.#items.of(row, SPAN.links);
    return this;
  }

  get count(): number {
    return this.#items.count;
  }

  at(index: number): LinkView {
    this.#view.index = index;
    return this.#view;
  }

  /** Adds a link to nowhere, and moves the view to it. */
  add(): LinkView {
    const index = this.#items.add();
    this.#chunk.ownColumn('linkCount')[this.#items.row] = this.#items.count;
    return this.at(index);
  }

  remove(index: number): void {
    this.#items.remove(index);
    this.#chunk.ownColumn('linkCount')[this.#items.row] = this.#items.count;
  }
}

export class LinkView {
  readonly #items: ItemList;
  index = 0;

  constructor(items: ItemList) {
    this.#items = items;
  }

  /** '' where it has none. */
  get traceId(): string {
    return this.#items.id(this.index, SPAN_LINK.traceId, 16);
  }
  set traceId(hex: string) {
    this.#items.setId(this.index, SPAN_LINK.traceId, 16, hex);
  }

  get spanId(): string {
    return this.#items.id(this.index, SPAN_LINK.spanId, 8);
  }
  set spanId(hex: string) {
    this.#items.setId(this.index, SPAN_LINK.spanId, 8, hex);
  }

  get traceState(): string {
    return this.#items.text(this.index, SPAN_LINK.traceState);
  }
  set traceState(state: string) {
    this.#items.setText(this.index, SPAN_LINK.traceState, state);
  }

  get attributes(): AttributeCursor {
    return this.#items.attributes.of(this.index);
  }

  get droppedAttributesCount(): number {
    return this.#items.number(this.index, SPAN_LINK.droppedAttributesCount);
  }
  set droppedAttributesCount(count: number) {
    const field = SPAN_LINK.droppedAttributesCount;
    this.#items.setFields(this.index, 1 << field, (out) => out.uintField(field, count));
  }

  get flags(): number {
    const range = this.#items.find(this.index, SPAN_LINK.flags);
    return range === undefined ? 0 : readUint32(this.#items.arena, range.at);
  }
  set flags(flags: number) {
    this.#items.setFields(this.index, 1 << SPAN_LINK.flags, (out) => out.fixed32Field(SPAN_LINK.flags, flags));
  }
}
