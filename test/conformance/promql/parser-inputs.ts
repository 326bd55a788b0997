import { createHash } from 'node:crypto';

/**
 * Expressions for the comparison of parsers: each part of the language once, and the same with a token left out, put in or changed, so that
 * most mistakes that people make come up. Run as a program it prints them, a JSON string a line.
 */
const SEEDS: readonly string[] = [
  '1',
  '0x1f + 1_000 - 1e3 * .5 / 2. % 0b',
  '-1 ^ -2 ^ 3',
  'inf - NaN',
  '1h30m + 5',
  '"text with \\"quotes\\" \\n \\x41 \\u00e9"',
  "'single'",
  '`raw \\n`',
  'up',
  'job:requests:rate5m',
  'up{job="api"}',
  'up{job!="api",instance=~"a.*",zone!~"b|c",}',
  '{__name__="up", job="api"}',
  '{"my.metric", "label.name"="x"}',
  'up{job="a"} offset 5m',
  'up offset -1h30m',
  'up @ 1609746000',
  'up @ -1.5 offset 1w',
  'up @ start()',
  'up offset 5m @ end()',
  'rate(http_requests_total{code=~"5.."}[5m])',
  'increase(x[1d] offset 1h)',
  'rate(x[5m] @ end())',
  'max_over_time(rate(x[5m])[30m:1m])',
  'min_over_time(x[1h:] offset 2h @ start())',
  'x[5m:30s]',
  'x[1h / 2]',
  'x[step() * 2 + 1m:max_of(step(), 10s)]',
  'x offset (1h - range() / 2)',
  'x offset -step()',
  'x[min_of(5m, -(-10m))]',
  'rate(x[5m] smoothed)',
  'increase(x[5m] anchored)',
  'x smoothed offset 1m',
  'sum(x)',
  'sum by (job, instance) (rate(x[5m]))',
  'avg without (cpu) (x)',
  'sum(x) by (job,)',
  'count_values("version", build_info)',
  'topk(5, x)',
  'bottomk by (job) (1 + 1, x)',
  'quantile(0.9, x) without ()',
  'limitk(2, x)',
  'limit_ratio(-0.5, x)',
  'stddev(x) / stdvar(x)',
  'group by ("a.b") (x)',
  'a + b',
  'a + on (job) b',
  'a / ignoring (code) group_left (version) b',
  'a * on (x, y) group_right () b',
  'a == bool b',
  'a > 1 and b < 2 or c unless d',
  'a atan2 b',
  'a </ 5',
  'a >/ b',
  'a + fill (0) b',
  'a - on (x) group_left fill_left (1) fill_right (-1) b',
  'fill + fill_left',
  '1 > bool 2',
  '-a + +b',
  '(a + b) * c',
  'absent(x{a="1", b=~"2"})',
  'histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))',
  'label_replace(x, "dst", "$1-$2", "src", "(.*):(.*)")',
  'label_join(x, "dst", "-", "a", "b")',
  'clamp(x, 0, 1)',
  'round(x, 0.5)',
  'day_of_week()',
  'hour(x)',
  'time() - timestamp(x)',
  'vector(1) or scalar(x)',
  'predict_linear(x[1h], 3600)',
  'quantile_over_time(0.5, x[5m])',
  'double_exponential_smoothing(x[5m], 0.5, 0.5)',
  'info(x, {a="b"})',
  'sort_by_label(x, "a", "b")',
  'histogram_quantiles(x, "q", 0.5, 0.9)',
  'start() + end() + step() + range()',
  'pi() * max_of(1, 2)',
  'sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m])) by (service_name) / sum(rate(http_server_request_duration_seconds_count[5m])) by (service_name) > 0.05',
  'sum by (job) (rate(a_metric_with_a_rather_long_name_total{some_label="some value"}[5m])) - sum by (job) (rate(another_metric_with_a_long_name_total[5m] offset 1d))',
  '# a comment\nup # and another\n',
  'a\n+\n\tb',
  'sum',
  'by{}',
  'offset + on',
  'foo{',
  'foo[',
  'sum(foo',
  '"open',
  'foo{a=~"(?P<x"}',
  'foo{a="1"}{b="2"}',
  'rate(foo)',
  'sum(1)',
  '"a" + 1',
  'foo[5m] + 1',
  'é',
  '',
];

const WORDS: readonly string[] =
  'sum by without on ignoring group_left offset @ start end step range max_of fill bool and or unless atan2 ( ) [ ] { } , + - * / % ^ == != < > </ >/ 5m 1 0x1f 1e3 inf foo "x" = =~ !~ : anchored smoothed topk rate abs limitk 1h30m . _ $ é #c foo:bar -1 0 1y2w 5ms2h 1__0'.split(
    ' ',
  );
const TOKEN = /\s+|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.]+[a-z0-9]*|"[^"]*"|'[^']*'|`[^`]*`|=~|!~|==|!=|<=|>=|<\/|>\/|./gsu;
const MUTATIONS_PER_SEED = 16;

/** The same numbers for the same text. */
function numbersOf(text: string): (below: number) => number {
  let count = 0;
  return (below) => createHash('sha256').update(`${text}\0${count++}`).digest().readUInt32LE(0) % below;
}

function mutated(seed: string, round: number): string {
  const random = numbersOf(`${round}${seed}`);
  const tokens = seed.match(TOKEN) ?? [''];
  const at = random(tokens.length);
  const word = WORDS[random(WORDS.length)]!;
  switch (random(4)) {
    case 0:
      tokens.splice(at, 1);
      break;
    case 1:
      tokens.splice(at, 0, random(2) === 0 ? word : `${word} `);
      break;
    case 2:
      tokens[at] = word;
      break;
    default: {
      const other = random(tokens.length);
      [tokens[at], tokens[other]] = [tokens[other]!, tokens[at]!];
    }
  }
  return tokens.join('');
}

export function parserInputs(): string[] {
  const mutations = SEEDS.flatMap((seed) =>
    Array.from({ length: MUTATIONS_PER_SEED }, (_, round) => mutated(seed, round)),
  );
  return [...new Set([...SEEDS, ...mutations])];
}

if (import.meta.main) for (const input of parserInputs()) console.log(JSON.stringify(input));
