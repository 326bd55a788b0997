import type { CreateSettings, Extension } from '#component';
import type { ExampleConfig } from './config.ts';

/** Greets in the log. */
export class Example implements Extension {
  readonly #settings: CreateSettings;
  readonly #greeting: string;

  constructor(settings: CreateSettings, config: ExampleConfig) {
    this.#settings = settings;
    this.#greeting = config.greeting;
  }

  /** Opens what it needs, and throws a StartError of #base that says what to do where it can't. */
  async start(): Promise<void> {
    this.#settings.logger.info(this.#greeting);
  }

  /** Frees everything, also without a start, and twice. */
  async shutdown(): Promise<void> {}
}
