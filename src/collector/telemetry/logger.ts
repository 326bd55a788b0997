import { type Clock, withoutPasswords } from '#base';
import type { LogFields, Logger } from '#component';
import type { LogLevel, LogsTelemetryConfig } from '#config';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes one finished line. */
export type LineSink = (line: string) => void;

interface Sample {
  untilMs: number;
  count: number;
  /** Lines since the last one that was written. */
  leftOut: number;
}

/** The field that says how many equal lines were left out before this one. */
const LEFT_OUT = 'lines_left_out';

/** How many different messages are counted for sampling in a tick. Those beyond are sampled as if they were one, since they may come from outside. */
const SAMPLE_LIMIT = 4096;
const OTHERS = 'others';

/**
 * The collector's log in zap's two formats: tab-separated text, or one JSON object per line. Equal messages of one component are
 * sampled as in otelcol: the first few per tick, then every nth, which says how many were left out. (zap counts the equal messages of all
 * components together; here one that fails much doesn't hide the first failure of another.)
 */
export class LogWriter {
  readonly #config: LogsTelemetryConfig;
  readonly #clock: Clock;
  readonly #sink: LineSink;
  readonly #samples = new Map<string, Sample>();
  #nextPurgeMs = 0;

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
        const leftOut = this.#sample(`${level} ${message} ${scope}`);
        if (leftOut === undefined) return;
        this.#write(level, message, { ...base, ...fields, ...(leftOut > 0 && { [LEFT_OUT]: leftOut }) });
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  /** How many equal lines were left out before this one, which is to be written; undefined where it is left out too. */
  #sample(key: string): number | undefined {
    const { sampling } = this.#config;
    if (sampling === undefined) return 0;
    const nowMs = this.#clock.monotonicMs();
    const sample = this.#samples.get(key) ?? this.#addSample(key, nowMs);
    if (nowMs >= sample.untilMs) {
      sample.untilMs = nowMs + sampling.tickMs;
      sample.count = 0;
    }
    sample.count++;
    const behind = sample.count - sampling.initial;
    if (behind > 0 && (sampling.thereafter === 0 || behind % sampling.thereafter !== 0)) {
      sample.leftOut++;
      return undefined;
    }
    const { leftOut } = sample;
    sample.leftOut = 0;
    return leftOut;
  }

  /** Forgets what wasn't said in this tick; lines that were left out are counted with the others. */
  #purge(nowMs: number): void {
    let leftOut = 0;
    for (const [key, sample] of this.#samples) {
      if (sample.untilMs > nowMs) continue;
      leftOut += sample.leftOut;
      this.#samples.delete(key);
    }
    if (leftOut === 0) return;
    const others = this.#samples.get(OTHERS) ?? { untilMs: 0, count: 0, leftOut: 0 };
    others.leftOut += leftOut;
    this.#samples.set(OTHERS, others);
  }

  #addSample(key: string, nowMs: number): Sample {
    if (this.#samples.size >= SAMPLE_LIMIT && nowMs >= this.#nextPurgeMs) {
      this.#nextPurgeMs = nowMs + this.#config.sampling!.tickMs;
      this.#purge(nowMs);
    }
    const own = this.#samples.size < SAMPLE_LIMIT ? key : OTHERS;
    const sample = this.#samples.get(own) ?? { untilMs: 0, count: 0, leftOut: 0 };
    this.#samples.set(own, sample);
    return sample;
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    const time = new Date(this.#clock.nowMs()).toISOString();
    const all = { ...Object.fromEntries(this.#config.initialFields), ...fields };
    if (this.#config.encoding === 'json') {
      this.#sink(withoutPasswords(JSON.stringify({ level, ts: time, msg: message, ...all })));
      return;
    }
    const shown = Object.values(all).some((value) => value !== undefined);
    const text = `${message.replaceAll('\n', '\\n')}${shown ? `\t${JSON.stringify(all)}` : ''}`;
    this.#sink(`${time}\t${level}\t${withoutPasswords(text)}`);
  }
}
