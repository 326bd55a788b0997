import {
  type AttributeKey,
  attributeKey,
  type LogChunk,
  type LogView,
  NEVER_SAMPLE,
  parseRandomness,
  parseThreshold,
  randomnessOfTraceId,
  randomnessText,
  thresholdOf,
  thresholdText,
  valueText,
} from '#pdata';
import type { ProbabilisticSamplerConfig } from './config.ts';
import type { Carrier, Decider, Decision, Priority, Source } from './decider.ts';

const THRESHOLD = attributeKey('sampling.threshold');
const RANDOMNESS = attributeKey('sampling.randomness');

/** Decides by the trace id and attributes of log records, which have no trace state. */
export class LogSampler {
  readonly #decider: Decider;
  readonly #config: ProbabilisticSamplerConfig;
  readonly #from: AttributeKey | undefined;
  readonly #priority: AttributeKey | undefined;

  constructor(decider: Decider, config: ProbabilisticSamplerConfig) {
    this.#decider = decider;
    this.#config = config;
    this.#from = config.fromAttribute === '' ? undefined : attributeKey(config.fromAttribute);
    this.#priority = config.priorityAttribute === '' ? undefined : attributeKey(config.priorityAttribute);
  }

  judge(chunk: LogChunk, log: LogView): Decision {
    const { carrier, isReadable } = carrierOf(log);
    const before = { ...carrier };
    const decision = this.#decider.decide(carrier, isReadable, this.#sourceOf(chunk, log), {
      priority: this.#priorityOf(log),
      marksMissing: false,
    });
    const { carrier: after } = decision;
    if (after === undefined) return decision;
    if (after.randomness !== before.randomness && after.randomness !== undefined) {
      log.attributes.set(RANDOMNESS, randomnessText(after.randomness));
    }
    if (after.threshold === undefined) log.attributes.delete(THRESHOLD);
    else if (after.threshold !== before.threshold) log.attributes.set(THRESHOLD, thresholdText(after.threshold));
    return decision;
  }

  #sourceOf({ arena, columns }: LogChunk, log: LogView): Source | undefined {
    const at = columns.traceIdAt[log.row]!;
    if (!this.#decider.hashes) {
      return at === 0 ? undefined : { policy: 'trace_id_w3c', randomness: randomnessOfTraceId(arena, at) };
    }
    if (at !== 0 && this.#config.attributeSource === 'traceID') {
      return { policy: 'trace_id_hash', randomness: this.#decider.hash(arena, at, at + 16) };
    }
    const value = this.#from && log.attributes.get(this.#from);
    if (value === undefined) return undefined;
    const bytes = value instanceof Uint8Array ? value : Buffer.from(valueText(value));
    if (bytes.length === 0) return undefined;
    return { policy: this.#config.fromAttribute, randomness: this.#decider.hash(bytes, 0, bytes.length) };
  }

  /** Other than of spans, it is the percentage to keep. */
  #priorityOf(log: LogView): Priority {
    const value = this.#priority && log.attributes.get(this.#priority);
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
    const probability = Number(value) / 100;
    if (!(probability > 0 && probability <= 1)) return undefined;
    const threshold = thresholdOf(probability, this.#config.precisionDigits);
    return threshold === NEVER_SAMPLE ? undefined : threshold;
  }
}

function carrierOf(log: LogView): { readonly carrier: Carrier; readonly isReadable: boolean } {
  const thresholdWord = log.attributes.getText(THRESHOLD) ?? '';
  const randomnessWord = log.attributes.getText(RANDOMNESS) ?? '';
  const threshold = thresholdWord === '' ? undefined : parseThreshold(thresholdWord);
  const randomness = randomnessWord === '' ? undefined : parseRandomness(randomnessWord);
  const isBroken =
    (thresholdWord !== '' && threshold === undefined) || (randomnessWord !== '' && randomness === undefined);
  return { carrier: { threshold, randomness }, isReadable: !isBroken };
}
