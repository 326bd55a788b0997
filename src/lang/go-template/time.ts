/** Times and durations of Go as values in templates. */
import { DAYS, formatTime, MONTHS, yearDay } from './time-layout.ts';
import { namedZone, UTC, type Zone } from './time-zone.ts';

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/** Go's time.Duration. */
export class GoDuration {
  static readonly goType = 'time.Duration';
  readonly #ns: bigint;

  constructor(ns: bigint) {
    this.#ns = ns;
  }

  get ns(): bigint {
    return this.#ns;
  }
  Seconds(): number {
    return Number(this.#ns) / 1e9;
  }
  Minutes(): number {
    return Number(this.#ns) / 60e9;
  }
  Hours(): number {
    return Number(this.#ns) / 3600e9;
  }
  Milliseconds(): bigint {
    return this.#ns / NS_PER_MS;
  }
  Nanoseconds(): bigint {
    return this.#ns;
  }
  String(): string {
    return durationText(this.#ns);
  }
}

/** Go's time.Time, to the nanosecond. */
export class GoTime {
  static readonly goType = 'time.Time';
  readonly #ns: bigint;
  readonly #zone: Zone;

  /** `ns` since the epoch. */
  constructor(ns: bigint, zone: Zone = UTC) {
    this.#ns = ns;
    this.#zone = zone;
  }

  static ofMs(ms: number): GoTime {
    return new GoTime(BigInt(Math.round(ms)) * NS_PER_MS);
  }

  get ns(): bigint {
    return this.#ns;
  }
  /** Milliseconds, with a fraction. */
  get ms(): number {
    return Number(this.#ns) / 1e6;
  }
  /** The same moment in another zone. Throws where there is none of the name. */
  in(zone: string): GoTime {
    return new GoTime(this.#ns, namedZone(zone, this.ms));
  }
  UTC(): GoTime {
    return new GoTime(this.#ns);
  }
  Local(): GoTime {
    return this.in('Local');
  }
  Unix(): bigint {
    return floorDivided(this.#ns, NS_PER_SECOND);
  }
  UnixMilli(): bigint {
    return floorDivided(this.#ns, NS_PER_MS);
  }
  UnixNano(): bigint {
    return this.#ns;
  }
  Add(duration: GoDuration): GoTime {
    return new GoTime(this.#ns + duration.ns, this.#zone);
  }
  Sub(other: GoTime): GoDuration {
    return new GoDuration(this.#ns - other.ns);
  }
  Before(other: GoTime): boolean {
    return this.#ns < other.ns;
  }
  After(other: GoTime): boolean {
    return this.#ns > other.ns;
  }
  Equal(other: GoTime): boolean {
    return this.#ns === other.ns;
  }
  IsZero(): boolean {
    return this.ms <= ZERO_TIME_MS;
  }
  Year(): bigint {
    return BigInt(this.#date().getUTCFullYear());
  }
  Month(): string {
    return MONTHS[this.#date().getUTCMonth()]!;
  }
  Day(): bigint {
    return BigInt(this.#date().getUTCDate());
  }
  Weekday(): string {
    return DAYS[this.#date().getUTCDay()]!;
  }
  YearDay(): bigint {
    return BigInt(yearDay(this.#date()));
  }
  Hour(): bigint {
    return BigInt(this.#date().getUTCHours());
  }
  Minute(): bigint {
    return BigInt(this.#date().getUTCMinutes());
  }
  Second(): bigint {
    return BigInt(this.#date().getUTCSeconds());
  }
  Format(layout: string): string {
    return formatTime(this.#ns, this.#zone, layout);
  }
  String(): string {
    return this.Format('2006-01-02 15:04:05.999999999 -0700 MST');
  }

  toJSON(): string {
    return this.Format('2006-01-02T15:04:05.999999999Z07:00');
  }

  /** Its UTC is what a clock of the zone shows. */
  #date(): Date {
    return new Date(Number(this.UnixMilli()) + this.#zone.offset * 60_000);
  }
}

/** The year 1, which is Go's time without a value. */
const ZERO_TIME_MS = -62_135_596_800_000;

/** `1h0m0s`, `1.5s`, `2ms`, as Go prints a duration. */
export function durationText(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < NS_PER_MS) return `${sign}${decimal(size, 1000n)}µs`;
  if (size < NS_PER_SECOND) return `${sign}${decimal(size, NS_PER_MS)}ms`;
  const [hours, minutes] = [size / (3600n * NS_PER_SECOND), (size / (60n * NS_PER_SECOND)) % 60n];
  const seconds = `${decimal(size % (60n * NS_PER_SECOND), NS_PER_SECOND)}s`;
  return `${sign}${hours > 0n ? `${hours}h` : ''}${hours > 0n || minutes > 0n ? `${minutes}m` : ''}${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return `${value / unit}${fraction === '' ? '' : `.${fraction}`}`;
}

function floorDivided(value: bigint, unit: bigint): bigint {
  return value >= 0n || value % unit === 0n ? value / unit : value / unit - 1n;
}
