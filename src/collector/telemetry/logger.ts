import type { Clock } from '#base';
import type { LogFields, Logger } from '#component';
import type { LogLevel, LogsTelemetryConfig } from '#config';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes one finished line. */
export type LineSink = (line: string) => void;

interface Sample {
  untilMs: number;
  count: number;
}

/** How many different messages are counted for sampling: beyond that they share one count. */
const SAMPLE_LIMIT = 4096;

/**
 * The collector's log in zap's two formats: tab-separated text, or one JSON object per line. Equal messages of one component are
 * sampled as in otelcol: the first few per tick, then every nth.
 */
export class LogWriter {
  readonly #config: LogsTelemetryConfig;
  readonly #clock: Clock;
  readonly #sink: LineSink;
  readonly #samples = new Map<string, Sample>();

  constructor(config: LogsTelemetryConfig, clock: Clock, sink: LineSink) {
    this.#config = config;
    this.#clock = clock;
    this.#sink = sink;
  }

  /** A logger whose lines all carry `base`. */
  logger(base: LogFields = {}): Logger {
    const scope = JSON.stringify(base);
    const at =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        if (RANK[level] < RANK[this.#config.level]) return;
        if (!this.#isSampled(`${level} ${message} ${scope}`)) return;
        this.#write(level, message, fields === undefined ? base : { ...base, ...fields });
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  #isSampled(key: string): boolean {
    const { sampling } = this.#config;
    if (sampling === undefined) return true;
    const nowMs = this.#clock.nowMs();
    let sample = this.#samples.get(key);
    if (sample === undefined) {
      if (this.#samples.size >= SAMPLE_LIMIT) this.#samples.clear();
      sample = { untilMs: 0, count: 0 };
      this.#samples.set(key, sample);
    }
    if (nowMs >= sample.untilMs) {
      sample.untilMs = nowMs + sampling.tickMs;
      sample.count = 0;
    }
    sample.count++;
    if (sample.count <= sampling.initial) return true;
    return sampling.thereafter > 0 && (sample.count - sampling.initial) % sampling.thereafter === 0;
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    const time = new Date(this.#clock.nowMs()).toISOString();
    const all = { ...Object.fromEntries(this.#config.initialFields), ...fields };
    if (this.#config.encoding === 'json') {
      this.#sink(JSON.stringify({ level, ts: time, msg: message, ...all }));
      return;
    }
    const shown = Object.values(all).some((value) => value !== undefined);
    this.#sink(`${time}\t${level}\t${message.replaceAll('\n', '\\n')}${shown ? `\t${JSON.stringify(all)}` : ''}`);
  }
}
