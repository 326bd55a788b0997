import { Pattern } from '#lang/pattern';
import {
  type AttributeCursor,
  type AttributeTable,
  anyValueAt,
  attributeKey,
  type Chunk,
  type LogChunk,
  SPAN_KIND_CLIENT,
  SPAN_KIND_INTERNAL,
  SPAN_KIND_SERVER,
  type SpanView,
  textAt,
  VALUE_STRING,
  valueText,
} from '#pdata';
import type { RedactionConfig } from './config.ts';
import { Databases } from './db/databases.ts';
import { FATE_IGNORED, FATE_MASKED, FATE_QUERY, FATE_REMOVED, FATE_URL, KeyFates } from './key-fates.ts';
import { LogBodies } from './log-bodies.ts';
import { Masks } from './masks.ts';
import type { Needles } from './needles.ts';
import { SummaryNotes } from './summary.ts';
import { clusterUrl } from './url/cluster-url.ts';

const SYSTEM_NAME = attributeKey('db.system.name');
const OLD_SYSTEM = attributeKey('db.system');
/** One of these says that a span is of HTTP. */
const HTTP_KEYS = [
  'http.route',
  'http.request.method',
  'http.request.method_original',
  'http.response.status_code',
  'url.full',
  'http.scheme',
  'http.target',
  'http.method',
  'http.url',
].map(attributeKey);

/** Removes and masks what a configuration does not want to be seen, of one holder of attributes, name or body at a time. */
export class Redactor {
  readonly #config: RedactionConfig;
  readonly #fates: KeyFates;
  readonly #masks: Masks;
  readonly #allowed: readonly Pattern[];
  readonly #databases: Databases;
  readonly #notes: SummaryNotes;
  readonly #bodies: LogBodies;
  /** Every text is looked at, whatever its key. */
  readonly #readsAll: boolean;
  /** Says of values whose key doesn't matter whether one may be blocked; undefined where each must be read. */
  readonly #needles: Needles | undefined;
  /** An empty text stays empty, and is not allowed by name: nothing is to be done with values that count as one. */
  readonly #leavesEmpty: boolean;

  constructor(config: RedactionConfig, isOfLogs: boolean) {
    this.#config = config;
    this.#databases = new Databases(config.databases, !isOfLogs);
    this.#fates = new KeyFates(config, (key) => this.#databases.hasAttribute(key));
    this.#masks = new Masks(config);
    this.#allowed = config.allowedValues.map((source) => new Pattern(source));
    this.#notes = new SummaryNotes(config.summary, 'redaction');
    this.#readsAll = this.#allowed.length > 0 || !this.#masks.isEmpty;
    this.#needles = this.#allowed.length > 0 || config.redactAllTypes ? undefined : this.#masks.needles;
    this.#leavesEmpty = !this.#isAllowed('') && this.#masks.blocked('') === '';
    this.#bodies = new LogBodies(config.summary, {
      fateOf: (key) => this.#fates.of(key),
      isAllowed: (text) => this.#isAllowed(text),
      maskAll: (text) => this.#masks.whole(text),
      clean: (text) => this.#cleanBody(text),
    });
  }

  /** The attributes that are looked at from now on are those of this chunk. */
  enter({ arena }: Chunk): void {
    this.#needles?.enter(arena);
  }

  /** Of one owner of attributes: a resource, scope, item or event of the chunk. */
  attributes(attributes: AttributeCursor, chunk: Chunk): void {
    const { table, owner } = attributes;
    const system = this.#databases.isEmpty ? '' : systemOf(attributes);
    let removed = 0;
    for (let row = table.from[owner]!; row < table.to[owner]!; row++) {
      const fate = this.#fates.at(table, row, chunk.arena);
      if ((fate & FATE_IGNORED) !== 0) this.#note('ignored', attributes, row, chunk);
      else if ((fate & FATE_REMOVED) !== 0) {
        removed++;
        this.#note('redacted', attributes, row, chunk);
      } else if (fate !== 0 || (this.#readsAll && this.#mayBeBlocked(table, row))) {
        this.#value(attributes, row, chunk, fate, system);
      }
    }
    if (removed > 0) attributes.deleteWhere((row) => (this.#fates.at(table, row, chunk.arena) & FATE_REMOVED) !== 0);
    if (this.#notes.isWanted) this.#notes.writeTo(attributes);
  }

  #mayBeBlocked({ type, at, length }: AttributeTable, row: number): boolean {
    const needles = this.#needles;
    return needles === undefined || (type[row] === VALUE_STRING && needles.mayBeIn(at[row]!, length[row]!));
  }

  #note(
    treatment: 'redacted' | 'masked' | 'allowed' | 'ignored',
    { table }: AttributeCursor,
    row: number,
    { arena }: Chunk,
  ): void {
    if (!this.#notes.isWanted) return;
    this.#notes.note(treatment, textAt(arena, table.keyAt[row]!, table.keyLength[row]!));
  }

  #value(attributes: AttributeCursor, row: number, chunk: Chunk, fate: number, system: string): void {
    const { table } = attributes;
    const type = table.type[row]!;
    const isRead = type === VALUE_STRING || this.#config.redactAllTypes;
    // What is not read counts as an empty text.
    if (!isRead && this.#leavesEmpty && (fate & FATE_MASKED) === 0) return;
    const at = table.at[row]!;
    const length = table.length[row]!;
    const text = !isRead
      ? ''
      : type === VALUE_STRING
        ? textAt(chunk.arena, at, length)
        : valueText(anyValueAt(chunk.arena, type, at, length));
    if (this.#isAllowed(text)) {
      this.#note('allowed', attributes, row, chunk);
      return;
    }
    let next: string;
    if ((fate & FATE_MASKED) !== 0) next = this.#masks.whole(text);
    else {
      next = this.#masks.blocked(text);
      if ((fate & FATE_URL) !== 0) next = clusterUrl(next);
      if ((fate & FATE_QUERY) !== 0) {
        const key = textAt(chunk.arena, table.keyAt[row]!, table.keyLength[row]!);
        next = this.#databases.attribute(next, key, system);
      }
      if (next === text) return;
    }
    this.#note('masked', attributes, row, chunk);
    attributes.setAt(row, chunk.appendValue(next));
  }

  /** The name of a span whose attributes are through. */
  spanName(span: SpanView): void {
    const { kind } = span;
    const isRemote = kind === SPAN_KIND_CLIENT || kind === SPAN_KIND_SERVER;
    const { urls, databasesInSpanNames } = this.#config;
    const mayBeUrl = urls.enabled && urls.inSpanNames && isRemote;
    const mayBeQuery = databasesInSpanNames && !this.#databases.isEmpty && (isRemote || kind === SPAN_KIND_INTERNAL);
    if (!mayBeUrl && !mayBeQuery) return;
    const { name } = span;
    if (this.#isAllowed(name)) return;
    let next = name;
    if (mayBeUrl && (name.includes('/') || isOfHttp(span.attributes))) {
      next = clusterUrl(name);
      // A name of which nothing is left says nothing.
      if (isAllPlaceholders(next)) next = name;
    }
    if (next === name && mayBeQuery) {
      const system = systemOf(span.attributes);
      if (system !== '') next = this.#databases.spanName(name, system);
    }
    if (next !== name && next !== '' && next !== '...') span.name = next;
  }

  body(chunk: LogChunk, row: number): void {
    this.#bodies.clean(chunk, row);
  }

  #cleanBody(text: string): string {
    const masked = this.#masks.blocked(text);
    return this.#databases.body(this.#config.urls.enabled ? clusterUrl(masked) : masked);
  }

  #isAllowed(text: string): boolean {
    for (let i = 0; i < this.#allowed.length; i++) if (this.#allowed[i]!.test(text)) return true;
    return false;
  }
}

/** The database that a holder of attributes names, in small letters; '' for none. */
function systemOf(attributes: AttributeCursor): string {
  return (attributes.getText(SYSTEM_NAME) || attributes.getText(OLD_SYSTEM) || '').toLowerCase();
}

function isOfHttp(attributes: AttributeCursor): boolean {
  for (const key of HTTP_KEYS) if (attributes.has(key)) return true;
  return false;
}

function isAllPlaceholders(path: string): boolean {
  return path.includes('*') && path.split('/').every((segment) => segment === '*' || segment === '');
}
