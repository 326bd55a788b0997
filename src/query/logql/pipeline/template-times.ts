/** Times in Loki's templates. */
import { type GoFunctions, GoTime, type GoType, parseTime, STRING } from '#lang/go-template';

const TIME: GoType = { name: 'time.Time', accepts: (value) => value instanceof GoTime };

export const TIME_FUNCTIONS: GoFunctions = {
  date: { params: [STRING, TIME], call: (layout: string, time: GoTime) => time.Format(layout) },
  toDate: { params: [STRING, STRING], call: (layout: string, text: string) => parsed(layout, text, 'UTC') },
  toDateInZone: {
    params: [STRING, STRING, STRING],
    call: (layout: string, zone: string, text: string) => parsed(layout, text, zone),
  },
  now: { params: [], call: () => GoTime.ofMs(Date.now()) },
  unixEpoch: { params: [TIME], call: (time: GoTime) => String(time.Unix()) },
  unixEpochMillis: { params: [TIME], call: (time: GoTime) => String(time.UnixMilli()) },
  unixEpochNanos: { params: [TIME], call: (time: GoTime) => String(time.UnixNano()) },
  unixToTime: { params: [STRING], call: unixTime },
};

/** Days, seconds, milliseconds, microseconds or nanoseconds since the epoch: the number of digits says which. */
function unixTime(text: string): GoTime {
  const scale = NS_BY_DIGITS[text.length];
  if (scale === undefined || !/^\d+$/.test(text)) throw new Error(`unable to parse time '${text}'`);
  return new GoTime(BigInt(text) * scale);
}

const NS_BY_DIGITS: Readonly<Record<number, bigint>> = {
  5: 86_400_000_000_000n,
  10: 1_000_000_000n,
  13: 1_000_000n,
  16: 1000n,
  19: 1n,
};

/** The year 1, which is Go's time of nothing, for a text that has not the layout's form. */
function parsed(layout: string, text: string, zone: string): GoTime {
  const time = parseTime(layout, text, zone);
  return time === undefined ? new GoTime(YEAR_1_NS) : new GoTime(time.ns, time.zone);
}

const YEAR_1_NS = -62_135_596_800_000_000_000n;
