import { ConsumeError } from '#base';
import { ConditionList, conditionFunctions, type ErrorMode, type OnFailure, parseCondition } from '#ottl';
import type { SpanChunk, SpanView } from '#pdata';

/** A policy of type `ottl_condition`, as written. */
export interface OttlConditionConfig {
  readonly errorMode: ErrorMode;
  readonly spanConditions: readonly string[];
  readonly spanEventConditions: readonly string[];
}

/** Conditions in OTTL of which a span, or one of its events, must meet one (otelcol-contrib internal/sampling/ottl.go). */
export class OttlConditions {
  readonly #spans: ConditionList | undefined;
  readonly #events: ConditionList | undefined;
  readonly #lists: readonly ConditionList[];
  #chunk!: SpanChunk;
  #view!: SpanView;

  constructor(config: OttlConditionConfig, onFailure: OnFailure) {
    this.#spans = listOf('span', config.spanConditions, config.errorMode, onFailure);
    this.#events = listOf('spanevent', config.spanEventConditions, config.errorMode, onFailure);
    this.#lists = [this.#spans, this.#events].filter((list) => list !== undefined);
  }

  /** Before rows of a chunk. It keeps what is looked up: give it a clone of one that is held for long. */
  enter(chunk: SpanChunk): void {
    this.#chunk = chunk;
    this.#view = chunk.view();
    for (const list of this.#lists) list.enter(chunk);
  }

  /** undefined where a condition failed, and `error_mode` is `propagate`. */
  test(row: number): boolean | undefined {
    try {
      return this.#spans?.test(row) === true || this.#testEvents(row);
    } catch (error) {
      if (error instanceof ConsumeError) return undefined;
      throw error;
    }
  }

  #testEvents(row: number): boolean {
    if (this.#events === undefined || this.#chunk.columns.eventCount[row] === 0) return false;
    this.#view.row = row;
    const { count } = this.#view.events;
    for (let event = 0; event < count; event++) if (this.#events.test(row, event)) return true;
    return false;
  }
}

function listOf(
  context: 'span' | 'spanevent',
  texts: readonly string[],
  errorMode: ErrorMode,
  onFailure: OnFailure,
): ConditionList | undefined {
  if (texts.length === 0) return undefined;
  const functions = conditionFunctions(context);
  const conditions = texts.map((text) => parseCondition(context, text, { functions }));
  return new ConditionList(conditions, errorMode, onFailure);
}
