/** Which arguments of a command hold values: the one at `at`, all from `from` on, or every `step`th from `from + step - 1` on. */
type ValuePlaces =
  | { readonly at: number }
  | { readonly from: number }
  | { readonly from: number; readonly step: number };

const PLACES: ReadonlyMap<string, ValuePlaces> = new Map([
  ...named('AUTH', { from: 0 }),
  ...named('APPEND GETSET LPUSHX GEORADIUSBYMEMBER RPUSHX SET SETNX SISMEMBER ZRANK ZREVRANK ZSCORE', { at: 1 }),
  ...named('HSETNX LREM LSET SETBIT SETEX PSETEX SETRANGE ZINCRBY SMOVE RESTORE', { at: 2 }),
  ...named('LINSERT', { at: 3 }),
  ...named('GEOHASH GEOPOS GEODIST LPUSH RPUSH SREM ZREM SADD', { from: 1 }),
  ...named('GEOADD', { from: 1, step: 3 }),
  ...named('HSET HMSET', { from: 1, step: 2 }),
  ...named('MSET MSETNX', { from: 0, step: 2 }),
]);
const ZADD_OPTIONS: ReadonlySet<string> = new Set(['NX', 'XX', 'CH', 'INCR']);
const PLACEHOLDER = '?';

function named(names: string, places: ValuePlaces): [string, ValuePlaces][] {
  return names.split(' ').map((name) => [name, places]);
}

/** Commands of Redis, one a line, with `?` in place of the values that they set or look for (datadog-agent's pkg/obfuscate). */
export function sanitizeRedis(text: string): string {
  const commands = commandsIn(text.trim()).map(({ name, args }) => {
    hideValues(name.toUpperCase(), args);
    return args.length === 0 ? name : `${name} ${args.join(' ')}`;
  });
  return commands.join('\n');
}

interface Command {
  readonly name: string;
  readonly args: string[];
}

/** Arguments are parted by blanks, commands by ends of lines; both may stand in double quotes within an argument. */
function commandsIn(text: string): Command[] {
  const commands: Command[] = [];
  let at = 0;
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const isInLine = (): boolean => at < text.length && text[at] !== '\n';
  while (at < text.length) {
    const name = read(NAME)![1]!;
    const args: string[] = [];
    read(GAP);
    while (isInLine()) {
      args.push(read(ARGUMENT)![0]);
      read(GAP);
    }
    at++;
    if (name !== '') commands.push({ name, args });
  }
  return commands;
}

const NAME = /(?: [ \t\r]*)?([^ \n]*)/y;
const GAP = / [ \t\r]*/y;
/** Up to a blank or the end of a line that stands outside of quotes. A backslash makes the quote behind it one like any character. */
const ARGUMENT = /(?:\\["\\]?|"(?:\\["\\]?|[^"\\])*"?|[^\\" \n])*/y;

function hideValues(name: string, args: string[]): void {
  const places = PLACES.get(name);
  if (places !== undefined) hideAt(args, places);
  else if (name === 'CONFIG' && args[0]?.toUpperCase() === 'SET') hideAt(args, { at: 2 });
  else if (name === 'BITFIELD') hideBitfield(args);
  else if (name === 'ZADD') hideAt(args, { from: scoresAt(args), step: 2 });
}

function hideAt(args: string[], places: ValuePlaces): void {
  if ('at' in places) {
    if (places.at < args.length) args[places.at] = PLACEHOLDER;
  } else if ('step' in places) {
    for (let i = places.from + places.step - 1; i < args.length; i += places.step) args[i] = PLACEHOLDER;
  } else if (places.from < args.length) args.splice(places.from, args.length, PLACEHOLDER);
}

/** `BITFIELD key SET type offset value`: the value of the first SET. */
function hideBitfield(args: string[]): void {
  let set = 0;
  for (const [i, arg] of args.entries()) {
    if (arg.toUpperCase() === 'SET') set = i;
    if (set === 0 || i - set !== 3) continue;
    args[i] = PLACEHOLDER;
    return;
  }
}

/** Behind the key and the options; the last argument where nothing else is there. */
function scoresAt(args: readonly string[]): number {
  for (let i = 1; i < args.length; i++) if (!ZADD_OPTIONS.has(args[i]!)) return i;
  return Math.max(0, args.length - 1);
}
