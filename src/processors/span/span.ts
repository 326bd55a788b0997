import { goDecimal } from '#base';
import type { Consumer, Processor } from '#component';
import {
  type AnyValue,
  type AttributeKey,
  attributeKey,
  type Batch,
  Double,
  type SpanChunk,
  type SpanView,
  STATUS_ERROR,
  STATUS_OK,
  STATUS_UNSET,
} from '#pdata';
import { compileFilter, type Matcher } from '../shared/match/match.ts';
import type { SpanConfig } from './config.ts';
import { NameRules } from './name-rules.ts';

const STATUS_CODES: Readonly<Record<string, number>> = { Unset: STATUS_UNSET, Ok: STATUS_OK, Error: STATUS_ERROR };
const OTHER_TYPE = '<unknown-attribute-type>';

/** Makes names of attributes, attributes of names, and sets the status (otelcol-contrib processor/spanprocessor). */
export class SpanProcessor implements Processor {
  readonly mutatesData = true;
  readonly #next: Consumer;
  readonly #filter: Matcher | undefined;
  readonly #nameKeys: readonly AttributeKey[];
  readonly #separator: string;
  readonly #rules: NameRules;
  readonly #status: { readonly code: number; readonly message: string } | undefined;

  constructor(config: SpanConfig, next: Consumer) {
    this.#next = next;
    this.#filter = compileFilter(config.include, config.exclude);
    this.#nameKeys = config.fromAttributes.map(attributeKey);
    this.#separator = config.separator;
    this.#rules = new NameRules(config.rules, config);
    this.#status = config.status && { code: STATUS_CODES[config.status.code]!, message: config.status.description };
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    for (const chunk of batch.chunks) this.#process(chunk as SpanChunk);
    await this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {}

  #process(chunk: SpanChunk): void {
    const isMeant = this.#filter?.(chunk);
    const span = chunk.view();
    for (let i = 0; i < chunk.count; i++) {
      const row = chunk.rowAt(i);
      if (isMeant !== undefined && !isMeant(row)) continue;
      span.row = row;
      if (this.#nameKeys.length > 0) this.#joinName(span);
      if (!this.#rules.isEmpty) this.#splitName(span);
      if (this.#status !== undefined) setStatus(span, this.#status.code, this.#status.message);
    }
  }

  #joinName(span: SpanView): void {
    const { attributes } = span;
    let name = '';
    for (let i = 0; i < this.#nameKeys.length; i++) {
      const key = this.#nameKeys[i]!;
      const text = attributes.getText(key);
      const value = text ?? attributes.get(key);
      if (value === undefined) return;
      if (i > 0) name += this.#separator;
      name += text ?? namePart(value);
    }
    if (name !== span.name) span.name = name;
  }

  #splitName(span: SpanView): void {
    const { name } = span;
    const parts = name === '' ? undefined : this.#rules.partsOf(name);
    if (parts === undefined) return;
    const { attributes } = span;
    for (const { key, value } of parts.attributes) attributes.set(key, value);
    if (parts.name !== name) span.name = parts.name;
  }
}

function namePart(value: AnyValue): string {
  if (typeof value === 'number') return goDecimal(value);
  if (value instanceof Double) return goDecimal(value.value);
  return typeof value === 'object' ? OTHER_TYPE : String(value);
}

function setStatus(span: SpanView, code: number, message: string): void {
  if (span.statusCode !== code) span.statusCode = code;
  if (span.statusMessage !== message) span.statusMessage = message;
}
