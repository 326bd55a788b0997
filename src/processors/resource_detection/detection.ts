import { type Clock, messageOf } from '#base';
import type { Logger } from '#component';
import type { ResourceDetectionConfig, RetryConfig } from './config.ts';
import { type Detector, type DetectorBlock, type Found, Unavailable } from './detector.ts';
import { DETECTORS } from './detectors/index.ts';
import type { World } from './world.ts';

export interface DetectionSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** A machine whose questions end with the signal. */
  readonly worldOf: (abort: AbortSignal) => World;
}

/** What was found; what failed is left out. */
export interface Detected {
  readonly found: Found;
  readonly schemaUrl: string;
  readonly failures: readonly string[];
}

/** The version of the conventions that the detectors' attributes are of. */
const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.40.0';
const NO_BLOCK: DetectorBlock = { enabled: [] };

/** Runs all detectors at once, and puts together what they find. */
export class Detection {
  readonly #config: ResourceDetectionConfig;
  readonly #settings: DetectionSettings;
  readonly #stop = new AbortController();

  constructor(config: ResourceDetectionConfig, settings: DetectionSettings) {
    this.#config = config;
    this.#settings = settings;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stop.abort(new Error('the collector stops'));
  }

  async run(): Promise<Detected> {
    const { detectors, retry, timeoutMs } = this.#config;
    const limit = this.#limit(retry.maxElapsedTimeMs || timeoutMs);
    try {
      const outcomes = await Promise.allSettled(
        detectors.map((type) =>
          this.#detect(DETECTORS.get(type)!, this.#config.blocks[type] ?? NO_BLOCK, limit.signal),
        ),
      );
      return merged(detectors, outcomes);
    } finally {
      limit.end();
    }
  }

  async #detect(detector: Detector, block: DetectorBlock, abort: AbortSignal): Promise<Found> {
    const { retry } = this.#config;
    const { logger } = this.#settings;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(detector, block, abort);
      } catch (error) {
        const fields = { detector: detector.type, error: messageOf(error) };
        if (!retry.enabled || abort.aborted) {
          logger.warn('a detector failed', fields);
          throw error;
        }
        logger.warn('a detector failed, and is tried again', fields);
        await this.#pause(pauseMs(retry, attempt, this.#settings.random), abort);
        if (abort.aborted) throw error;
      }
    }
  }

  async #attempt(detector: Detector, block: DetectorBlock, abort: AbortSignal): Promise<Found> {
    const { retry, timeoutMs, failOnMissingMetadata } = this.#config;
    const { logger, worldOf } = this.#settings;
    const limit = this.#limit(retry.maxElapsedTimeMs > 0 || !retry.enabled ? timeoutMs : 0, abort);
    const note = (message: string): void => logger.debug(message, { detector: detector.type });
    try {
      const found = await Promise.race([detector.detect(worldOf(limit.signal), block, note), aborted(limit.signal)]);
      return chosen(found, detector, block);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      note(error.message);
      if (failOnMissingMetadata || block.failOnMissingMetadata === true) throw error;
      return {};
    } finally {
      limit.end();
    }
  }

  /** A signal that fires after so long, or with another one. 0: with that alone. */
  #limit(ms: number, outer: AbortSignal = this.#stop.signal): { signal: AbortSignal; end: () => void } {
    if (ms === 0) return { signal: outer, end: () => undefined };
    const timer = new AbortController();
    const end = this.#settings.clock.after(ms, () => timer.abort(new Error(`no answer within ${ms} ms`)));
    return { signal: AbortSignal.any([outer, timer.signal]), end };
  }

  async #pause(ms: number, abort: AbortSignal): Promise<void> {
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      cancel = this.#settings.clock.after(ms, resolve);
    });
    await Promise.race([over, aborted(abort).catch(() => undefined)]);
    cancel();
  }
}

function aborted(abort: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(abort.reason as Error);
    if (abort.aborted) end();
    else abort.addEventListener('abort', end, { once: true });
  });
}

function pauseMs(retry: RetryConfig, attempt: number, random: () => number): number {
  const pause = Math.min(retry.maxIntervalMs, retry.initialIntervalMs * retry.multiplier ** attempt);
  return pause * (1 + retry.randomizationFactor * (2 * random() - 1));
}

/** Of the attributes that the detector knows, those that are wanted. */
function chosen(found: Found, { attributes }: Detector, { enabled }: DetectorBlock): Found {
  const wanted = Object.entries(found).filter(([name]) => !(name in attributes) || enabled.includes(name));
  return Object.fromEntries(wanted);
}

function merged(detectors: readonly string[], outcomes: readonly PromiseSettledResult<Found>[]): Detected {
  const found: Found = {};
  const failures: string[] = [];
  let schemaUrl = '';
  for (const [index, outcome] of outcomes.entries()) {
    const type = detectors[index]!;
    if (outcome.status === 'rejected') {
      failures.push(`${type}: ${messageOf(outcome.reason)}`);
      continue;
    }
    for (const [name, value] of Object.entries(outcome.value)) found[name] ??= value;
    const isOfConventions = type !== 'env' && type !== 'dynatrace';
    if (isOfConventions && Object.keys(outcome.value).length > 0) schemaUrl = SCHEMA_URL;
  }
  return { found, schemaUrl, failures };
}
