import { StartError } from '#base';
import type { Consumer, CreateSettings, Processor } from '#component';
import { type AnyValue, type AttributeKey, attributeKey, type Batch, type Chunk, ResourceView } from '#pdata';
import type { ResourceDetectionConfig } from './config.ts';
import { type Detected, Detection } from './detection.ts';
import { thisMachine, type World } from './world.ts';

/** Says on what the collector runs, in the resources of what goes through (otelcol-contrib processor/resourcedetectionprocessor). */
export class ResourceDetectionProcessor implements Processor {
  readonly mutatesData = true;
  readonly #settings: CreateSettings;
  readonly #config: ResourceDetectionConfig;
  readonly #next: Consumer;
  readonly #detection: Detection;
  #attributes: readonly { readonly key: AttributeKey; readonly value: AnyValue }[] = [];
  #schemaUrl = '';
  #cancelTimer: () => void = () => {};
  #stopGauge: () => void = () => {};
  #isStopped = false;

  /** `worldOf`: for tests. */
  constructor(
    settings: CreateSettings,
    config: ResourceDetectionConfig,
    next: Consumer,
    worldOf?: (abort: AbortSignal) => World,
  ) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    const { clock, logger, random, id, version } = settings;
    const machine = { path: `processors::${id}`, userAgent: `signalbox/${version}`, logger };
    this.#detection = new Detection(config, {
      clock,
      logger,
      random,
      worldOf: worldOf ?? ((abort) => thisMachine({ ...machine, abort })),
    });
  }

  async start(): Promise<void> {
    const detected = await this.#detection.run();
    const { failures } = detected;
    if (failures.length > 0) {
      const remedy = 'take out the detector that is not meant, or mend what it says';
      throw new StartError(`the detection of the resource failed: ${failures.join('; ')}`, remedy);
    }
    this.#take(detected);
    const options = { unit: '{attribute}', description: 'attributes that were detected' };
    this.#stopGauge = this.#settings.meter.gauge(
      'resourcedetection_attributes_detected',
      options,
      () => this.#attributes.length,
    );
    this.#schedule();
  }

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    if (this.#attributes.length > 0) for (const chunk of batch.chunks) this.#process(chunk);
    await this.#next.consume(batch, abort);
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#stopGauge();
    this.#detection.stop();
  }

  #take({ found, schemaUrl }: Detected): void {
    this.#attributes = Object.entries(found).map(([name, value]) => ({ key: attributeKey(name), value }));
    this.#schemaUrl = schemaUrl;
    this.#settings.logger.info('detected resource information', { attributes: Object.keys(found).join(', ') });
  }

  #schedule(): void {
    const { refreshIntervalMs } = this.#config;
    if (refreshIntervalMs === 0 || this.#isStopped) return;
    this.#cancelTimer = this.#settings.clock.after(refreshIntervalMs, () => void this.#refresh());
  }

  /** What failed leaves what was found before. */
  async #refresh(): Promise<void> {
    const detected = await this.#detection.run();
    if (this.#isStopped) return;
    if (detected.failures.length === 0) this.#take(detected);
    else {
      const error = detected.failures.join('; ');
      this.#settings.logger.warn('resource refresh failed; what was found before stays', { error });
    }
    this.#schedule();
  }

  #process(chunk: Chunk): void {
    const values = this.#attributes.map(({ key, value }) => ({ key, value: chunk.appendValue(value) }));
    const resource = new ResourceView(chunk);
    for (let index = 0; index < chunk.resourceCount; index++) {
      const attributes = chunk.resourceAttributes.of(index);
      for (const { key, value } of values) {
        if (this.#config.override || !attributes.has(key)) attributes.setPrepared(key, value);
      }
      if (this.#schemaUrl === '') continue;
      resource.index = index;
      if (resource.schemaUrl === '') resource.schemaUrl = this.#schemaUrl;
    }
  }
}
