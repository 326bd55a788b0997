import { PROM_FUNCTIONS, type PromFunction } from '#lang/promql';
import { Dice } from '../lib/random.ts';
import { LENGTH_MS, START_MS } from './data.ts';

/** Expressions made by the grammar of PromQL over what data.ts has, the same for the same seed. */

export interface Asked {
  readonly query: string;
  /** Milliseconds. An instant query has no step. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number | undefined;
}

/** The question number `seed`. `isExperimental`: functions and modifiers behind Prometheus' flags come up, too. */
export function generated(seed: number, isExperimental: boolean): Asked {
  const dice = new Dice(seed + 1);
  const writer = new Writer(dice, isExperimental);
  const isInstant = dice.chance(0.4);
  const wish = dice.below(20);
  const query =
    wish === 0
      ? writer.scalar(3)
      : wish === 1 && isInstant
        ? writer.matrix(2)
        : writer.vector(dice.pick(1, 2, 2, 3, 3, 4));
  const at = (fromMs: number, lengthMs: number): number => {
    const timeMs = START_MS + fromMs + dice.below(lengthMs);
    return dice.chance(0.5) ? timeMs - (timeMs % 15_000) : timeMs;
  };
  if (isInstant) {
    const timeMs = at(-60_000, LENGTH_MS + 8 * 60_000);
    return { query, startMs: timeMs, endMs: timeMs, stepMs: undefined };
  }
  const startMs = at(-10 * 60_000, LENGTH_MS);
  const stepMs = dice.pick(1000, 7000, 13_700, 15_000, 15_000, 30_000, 60_000, 60_000, 97_531, 300_000);
  return { query, startMs, endMs: startMs + dice.below(stepMs * 25), stepMs };
}

const FLOATS = [
  'requests_total',
  'requests_total',
  'bytes_total',
  'seconds',
  'temperature',
  'temperature',
  'level',
  'level',
  'odd',
  'flapping',
  'flapping',
  'sparse',
  'build_info',
  'target_info',
  'latency_bucket',
  'latency_count',
  'latency_sum',
  'broken_bucket',
  'summary',
  'typed',
  'many_labels',
  'dotted.name',
  'größe in €',
  'quoted',
  'UPPER',
  'job:requests:rate5m',
  'nothing_there',
] as const;
const NATIVES = ['native_seconds', 'native_gauge', 'native_custom', 'native_odd', 'mixed', 'mixed'] as const;
const LABELS = [
  'job',
  'instance',
  'zone',
  'code',
  'kind',
  'le',
  'group',
  'version',
  'region',
  'label.name',
  'absent',
] as const;
const VALUES: Readonly<Record<string, readonly string[]>> = {
  job: ['api', 'db', ''],
  instance: ['a:1', 'b:2', 'c:3', 'd:4'],
  zone: ['x', 'y', ''],
  code: ['200', '404', '500'],
  kind: ['nan', 'all', 'turns', 'negative', 'falling', 'schemas', ''],
  le: ['0.1', '1', '+Inf'],
  group: ['one', 'two'],
  version: ['1.0', '1.1'],
  region: ['eu', 'us'],
  'label.name': ['x', 'y z'],
  absent: ['', 'z'],
};
const PATTERNS = [
  '.*',
  '.+',
  '',
  'a.*',
  '[ab].*',
  'api|db',
  '2..',
  '.*:[12]',
  'x|',
  '(?i:API)',
  '[^a].*',
  'a:1|b:2|c:3',
  '.',
  'n.*|all',
];
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'] as const;

const OF_HISTOGRAMS = [...PROM_FUNCTIONS.keys()].filter((name) => name.startsWith('histogram_'));
/** They are made by hand below. */
const SPECIAL = new Set([
  'label_replace',
  'label_join',
  'info',
  'sort_by_label',
  'sort_by_label_desc',
  ...OF_HISTOGRAMS,
]);

class Writer {
  readonly #dice: Dice;
  readonly #isExperimental: boolean;
  readonly #functions: readonly PromFunction[];

  constructor(dice: Dice, isExperimental: boolean) {
    this.#dice = dice;
    this.#isExperimental = isExperimental;
    this.#functions = [...PROM_FUNCTIONS.values()].filter((fn) => isExperimental || !fn.isExperimental);
  }

  #pick<T>(list: readonly T[]): T {
    return this.#dice.pick(...list);
  }

  vector(depth: number): string {
    const dice = this.#dice;
    if (depth <= 0) return this.#selector();
    switch (dice.below(16)) {
      case 0:
        return this.#selector();
      case 1:
      case 2:
        return this.#call('vector', depth);
      case 3:
      case 4:
      case 5:
        return this.#rangeCall(depth);
      case 6:
      case 7:
      case 8:
        return this.#aggregation(depth);
      case 9:
      case 10:
        return this.#vectors(depth);
      case 11:
        return this.#withScalar(depth);
      case 12:
        return this.#histogramCall(depth);
      case 13:
        return this.#labelCall(depth);
      case 14:
        return dice.pick(`-${this.#wrapped(depth - 1)}`, `(${this.vector(depth - 1)})`, `+${this.#wrapped(depth - 1)}`);
      default:
        return this.#sets(depth);
    }
  }

  scalar(depth: number): string {
    const dice = this.#dice;
    if (depth <= 0 || dice.chance(0.4)) return this.#number();
    switch (dice.below(5)) {
      case 0:
        return dice.pick('time()', 'pi()', 'time() % 60');
      case 1:
        return `scalar(${this.vector(depth - 1)})`;
      case 2:
        return `(${this.scalar(depth - 1)} ${this.#pick(ARITHMETIC)} ${this.scalar(depth - 1)})`;
      case 3:
        return `(${this.scalar(depth - 1)} ${this.#pick(COMPARISONS)} bool ${this.scalar(depth - 1)})`;
      default:
        return this.#isExperimental ? this.#call('scalar', depth) : `-${this.#number()}`;
    }
  }

  matrix(depth: number): string {
    const dice = this.#dice;
    if (depth > 0 && dice.chance(0.25)) {
      const step = dice.pick('', '', '15s', '30s', '47s', '1m', '5m');
      return `${this.#wrapped(depth - 1)}[${dice.pick('1m', '5m', '10m', '17m', '30m')}:${step}]${this.#shift()}`;
    }
    const range = dice.pick('15s', '30s', '1m', '90s', '2m', '5m', '5m', '7m31s', '10m', '20m', '1h', '250ms');
    const modifier = dice.chance(0.06) ? dice.pick(' anchored', ' smoothed') : '';
    return `${this.#selectorOf(this.#metric())}[${range}]${modifier}${this.#shift()}`;
  }

  /** What can stand behind a sign or before a range. */
  #wrapped(depth: number): string {
    return this.#dice.chance(0.5) ? this.#selectorOf(this.#metric()) : `(${this.vector(depth)})`;
  }

  #number(): string {
    return this.#pick([
      '0',
      '1',
      '2',
      '0.5',
      '-1',
      '3',
      '10',
      '100',
      '1e3',
      '0.9',
      '0.99',
      '1.5',
      'Inf',
      '-Inf',
      'NaN',
      '0x1F',
      '1h',
      '5',
      '0.1',
    ]);
  }

  #metric(): string {
    return this.#dice.chance(0.3) ? this.#pick(NATIVES) : this.#pick(FLOATS);
  }

  #selector(): string {
    return `${this.#selectorOf(this.#metric())}${this.#dice.chance(0.03) ? ' smoothed' : ''}${this.#shift()}`;
  }

  #shift(): string {
    const dice = this.#dice;
    const offset = dice.chance(0.15)
      ? ` offset ${dice.pick('', '-', '')}${dice.pick('15s', '1m', '5m', '7m', '333ms', '1h')}`
      : '';
    const at = dice.chance(0.08)
      ? ` @ ${dice.pick('start()', 'end()', String((START_MS + dice.below(LENGTH_MS)) / 1000))}`
      : '';
    return dice.chance(0.5) ? offset + at : at + offset;
  }

  #selectorOf(metric: string): string {
    const dice = this.#dice;
    const isPlain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric);
    const matchers: string[] = [];
    let name = metric;
    if (dice.chance(0.04)) {
      matchers.push(
        dice.pick(
          '__name__=~"native_.*"',
          '__name__=~"latency_.+"',
          '__name__=~"requests_total|level"',
          '__name__!="odd",job="api"',
        ),
      );
      name = '';
    } else if (!isPlain) {
      matchers.push(JSON.stringify(metric));
      name = '';
    }
    while (dice.chance(0.2)) matchers.push(this.#matcher());
    return matchers.length > 0 ? `${name}{${matchers.join(',')}}` : name;
  }

  #matcher(): string {
    const label = this.#pick(LABELS);
    const name = label.includes('.') ? JSON.stringify(label) : label;
    const operator = this.#dice.pick('=', '=', '!=', '=~', '!~');
    const value = operator.includes('~') ? this.#pick(PATTERNS) : this.#pick(VALUES[label]!);
    return `${name}${operator}${JSON.stringify(value)}`;
  }

  /** An argument of the type. */
  #argument(type: PromFunction['arguments'][number], depth: number): string {
    switch (type) {
      case 'vector':
        return this.vector(depth - 1);
      case 'matrix':
        return this.matrix(depth - 1);
      case 'scalar':
        return this.#dice.chance(0.8) ? this.#number() : this.scalar(depth - 1);
      default:
        return JSON.stringify(this.#pick(LABELS));
    }
  }

  #written({ name, arguments: types, variadic }: PromFunction, depth: number): string {
    const list = types.map((type) => this.#argument(type, depth));
    if (variadic !== 0 && this.#dice.chance(0.4)) list.pop();
    return `${name}(${list.join(', ')})`;
  }

  #call(returns: 'vector' | 'scalar', depth: number): string {
    const known = this.#functions.filter(
      (fn) => fn.returns === returns && !fn.arguments.includes('matrix') && !SPECIAL.has(fn.name),
    );
    return this.#written(this.#pick(known), depth);
  }

  #rangeCall(depth: number): string {
    return this.#written(this.#pick(this.#functions.filter((fn) => fn.arguments.includes('matrix'))), depth);
  }

  #histogramCall(depth: number): string {
    const dice = this.#dice;
    const name = this.#pick(OF_HISTOGRAMS.filter((each) => this.#isExperimental || each !== 'histogram_quantiles'));
    const input = this.#histograms(depth);
    const quantile = (): string => dice.pick('0', '0.1', '0.5', '0.9', '0.99', '1', '-1', '1.5', 'NaN');
    const bound = (): string => dice.pick('0', '0.1', '0.5', '1', '2.2', '-1', '-Inf', 'Inf', 'NaN', '100');
    switch (name) {
      case 'histogram_quantile':
        return `${name}(${quantile()}, ${input})`;
      case 'histogram_fraction':
        return `${name}(${bound()}, ${bound()}, ${input})`;
      case 'histogram_quantiles':
        return `${name}(${input}, ${JSON.stringify(dice.pick('q', 'quantile', 'le'))}, ${quantile()}, ${quantile()})`;
      default:
        return `${name}(${input})`;
    }
  }

  #histograms(depth: number): string {
    const dice = this.#dice;
    const range = dice.pick('2m', '5m', '10m');
    const of = dice.pick(
      ...NATIVES,
      'latency_bucket',
      'broken_bucket',
      'latency_bucket',
      '{__name__=~"latency_bucket|native_seconds"}',
    );
    const selector = of.startsWith('{') ? of : this.#selectorOf(of);
    return dice.pick(
      selector,
      `rate(${selector}[${range}])`,
      `sum by (le, job) (rate(${selector}[${range}]))`,
      `sum by (le) (${selector})`,
      `increase(${selector}[${range}])`,
      this.vector(depth - 1),
    );
  }

  #grouping(): string {
    const dice = this.#dice;
    const labels = Array.from({ length: dice.below(3) }, () => this.#label()).join(', ');
    return dice.chance(0.3) ? '' : ` ${dice.pick('by', 'by', 'without')} (${labels})`;
  }

  #label(): string {
    const label = this.#pick(LABELS);
    return label.includes('.') ? JSON.stringify(label) : label;
  }

  #aggregation(depth: number): string {
    const dice = this.#dice;
    const input = dice.chance(0.4) ? this.#rangeCall(1) : this.vector(depth - 1);
    if (dice.chance(0.65)) return `${this.#pick(AGGREGATIONS)}${this.#grouping()} (${input})`;
    const operator = dice.pick(
      'topk',
      'bottomk',
      'quantile',
      'count_values',
      ...(this.#isExperimental ? ['limitk', 'limit_ratio'] : []),
    );
    const parameter =
      operator === 'count_values'
        ? JSON.stringify(dice.pick('value', 'job', 'instance', 'a.b'))
        : operator === 'quantile' || operator === 'limit_ratio'
          ? dice.pick('0.5', '0.9', '0', '1', '-0.3', '1.5', 'NaN', '0.25')
          : dice.chance(0.9)
            ? dice.pick('1', '2', '3', '5', '0', '-1', '2.7')
            : this.scalar(1);
    return `${operator}${this.#grouping()} (${parameter}, ${input})`;
  }

  #matching(): string {
    const dice = this.#dice;
    if (dice.chance(0.35)) return '';
    const labels = Array.from({ length: dice.below(3) }, () => this.#label()).join(', ');
    const group = dice.chance(0.4)
      ? ` ${dice.pick('group_left', 'group_right')} (${dice.chance(0.5) ? this.#label() : ''})`
      : '';
    return ` ${dice.pick('on', 'on', 'ignoring')} (${labels})${group}`;
  }

  #fill(): string {
    if (!this.#isExperimental || this.#dice.chance(0.75)) return '';
    return this.#dice.pick(
      ' fill (0)',
      ' fill_left (1)',
      ' fill_right (-2)',
      ' fill_left (3) fill_right (0)',
      ' fill (NaN)',
    );
  }

  #vectors(depth: number): string {
    const dice = this.#dice;
    const operator = dice.chance(0.6) ? this.#pick(ARITHMETIC) : `${this.#pick(COMPARISONS)}${dice.pick('', ' bool')}`;
    if (dice.chance(0.35)) {
      // The same metric on both sides, so that most of it matches.
      const metric = this.#metric();
      return `${this.#selectorOf(metric)}${this.#shift()} ${operator}${this.#matching()}${this.#fill()} ${this.#selectorOf(metric)}`;
    }
    if (dice.chance(0.3)) {
      const trim = this.#isExperimental || dice.chance(0.5) ? dice.pick('</', '>/') : '*';
      return `${this.#selectorOf(this.#pick(NATIVES))} ${trim} ${this.#number()}`;
    }
    return `${this.#wrapped(depth - 1)} ${operator}${this.#matching()}${this.#fill()} ${this.#wrapped(depth - 1)}`;
  }

  #withScalar(depth: number): string {
    const dice = this.#dice;
    const operator = dice.chance(0.6) ? this.#pick(ARITHMETIC) : `${this.#pick(COMPARISONS)}${dice.pick('', ' bool')}`;
    const [vector, scalar] = [this.#wrapped(depth - 1), this.scalar(1)];
    return dice.chance(0.7) ? `${vector} ${operator} ${scalar}` : `${scalar} ${operator} ${vector}`;
  }

  #sets(depth: number): string {
    const dice = this.#dice;
    const labels = dice.chance(0.5) ? '' : ` ${dice.pick('on', 'ignoring')} (${this.#label()})`;
    return `${this.#wrapped(depth - 1)} ${dice.pick('and', 'or', 'unless')}${labels} ${this.#wrapped(depth - 1)}`;
  }

  #labelCall(depth: number): string {
    const dice = this.#dice;
    const input = this.vector(depth - 1);
    const label = (): string => JSON.stringify(this.#pick(LABELS));
    switch (dice.below(this.#isExperimental ? 4 : 2)) {
      case 0: {
        const target = dice.pick('"new"', '"__name__"', label());
        const replacement = dice.pick('"$1"', '"x-$1"', '""', '"${1}y"', '"$name"', '"const"');
        const source = dice.pick(label(), '"__name__"');
        const pattern = dice.pick('"(.*)"', '"(.).*"', '"a.*"', '"(?P<name>.+):.*"', '""');
        return `label_replace(${input}, ${target}, ${replacement}, ${source}, ${pattern})`;
      }
      case 1:
        return `label_join(${input}, ${dice.pick('"new"', label(), '"__name__"')}, ${dice.pick('"-"', '""')}, ${label()}, ${label()})`;
      case 2:
        return `${dice.pick('sort_by_label', 'sort_by_label_desc')}(${input}, ${label()}, ${label()})`;
      default:
        return `info(${input}${dice.pick('', ', {region=~".+"}', ', {__name__="build_info"}', ', {version="1.0"}', ', {__name__=~".*_info",absent=""}')})`;
    }
  }
}
