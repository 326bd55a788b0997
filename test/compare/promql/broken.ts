import { Dice } from '../lib/random.ts';
import { generated } from './generate.ts';

/** Expressions with mistakes: generated ones in which something is left out, put in, doubled or changed. The same for the same seed. */

const WORDS = [
  ...'( ) [ ] { } , : @ = == != =~ !~ < > <= >= + - * / % ^ </ >/'.split(' '),
  ...'by without on ignoring group_left group_right bool offset and or unless atan2 fill fill_left anchored smoothed'.split(
    ' ',
  ),
  ...'start end step range sum topk quantile count_values rate abs limitk time info inf nan max_of min_of'.split(' '),
  ...[
    '1',
    '0x',
    '5m',
    '1h30m',
    '5m5m',
    '1.5m',
    '"a"',
    "'b'",
    '`c`',
    '"',
    "'",
    '`',
    '\\',
    '#',
    ' # x',
    '\n',
    '$',
    '\u00e9',
    '\u{1f600}',
    '.',
    '..',
    '_',
    '__name__',
    '"\\x"',
    '"\\xff"',
    '"\\u12"',
    '1e',
    '1e99999',
    '0b1',
    '0o7',
    '1_',
    ';',
    '!',
    '&',
    '|',
    '~',
    '-1',
    '--',
    '[5m',
    '5m]',
    '{}',
    '()',
    '[]',
    '{a="b"',
    'a.b',
    '99999999999999999999',
  ],
] as const;
const TOKEN = /\s+|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.]+[a-z0-9]*|"(?:\\.|[^"\\])*"|'[^']*'|=~|!~|==|!=|<=|>=|<\/|>\/|./gsu;

export function broken(seed: number): string {
  const dice = new Dice(seed + 7_000_001);
  const { query } = generated(seed, true);
  const tokens = query.match(TOKEN) ?? [''];
  const word = (): string => dice.pick(...WORDS);
  for (let times = dice.pick(1, 1, 1, 2, 3); times > 0; times--) {
    const at = dice.below(tokens.length);
    switch (dice.below(7)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, word());
        break;
      case 2:
        tokens.splice(at, 0, ` ${word()} `);
        break;
      case 3:
        tokens[at] = word();
        break;
      case 4:
        tokens.splice(at, 0, tokens[at]!);
        break;
      case 5: {
        const other = dice.below(tokens.length);
        [tokens[at], tokens[other]] = [tokens[other]!, tokens[at]!];
        break;
      }
      default:
        tokens.splice(at);
    }
    if (tokens.length === 0) tokens.push('');
  }
  return tokens.join('');
}
