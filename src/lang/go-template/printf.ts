import { formatValue, PLAIN, type Verb } from './format.ts';
import { type GoValue, typeName } from './values.ts';

/** Go's fmt.Sprint, Sprintln and Sprintf. */

export function sprint(values: readonly GoValue[]): string {
  let text = '';
  for (let at = 0; at < values.length; at++) {
    const isApart = at > 0 && typeof values[at] !== 'string' && typeof values[at - 1] !== 'string';
    text += (isApart ? ' ' : '') + formatValue(values[at], PLAIN);
  }
  return text;
}

export function sprintln(values: readonly GoValue[]): string {
  return `${values.map((value) => formatValue(value, PLAIN)).join(' ')}\n`;
}

/** Widths and precisions beyond are not read, as in Go. */
const NUMBER_MAX = 1_000_000;
/** Those beyond stop the template: each item of a list gets so wide. */
const WIDTH_MAX = 10_000;

/** Throws a RangeError where the text would get longer than `lengthMax`. */
export function sprintf(format: string, values: readonly GoValue[], lengthMax: number): string {
  const reader = new FormatReader(format, values);
  let text = '';
  while (reader.at < format.length) {
    const percent = format.indexOf('%', reader.at);
    if (percent < 0) {
      text += format.slice(reader.at);
      break;
    }
    text += format.slice(reader.at, percent);
    reader.at = percent + 1;
    text += reader.directive();
    if (text.length > lengthMax) throw new RangeError(`the text gets longer than ${lengthMax} characters`);
  }
  return text + reader.extra();
}

/** Reads directives of a format one by one, with the arguments that they take. */
class FormatReader {
  readonly #format: string;
  readonly #values: readonly GoValue[];
  at = 0;
  #next = 0;
  #isReordered = false;
  #isGoodIndex = true;

  constructor(format: string, values: readonly GoValue[]) {
    this.#format = format;
    this.#values = values;
  }

  /** The text of the directive whose `%` is behind. */
  directive(): string {
    const flags = /[-+# 0]*/y;
    flags.lastIndex = this.at;
    const flagText = flags.exec(this.#format)![0];
    this.at = flags.lastIndex;
    this.#isGoodIndex = true;
    let before = '';
    let hasMinus = flagText.includes('-');
    let hasZero = flagText.includes('0');

    let isIndexed = this.#index();
    let width: number | undefined;
    if (this.#accept('*')) {
      width = this.#numberArgument();
      if (width === undefined) before += '%!(BADWIDTH)';
      else if (width < 0) {
        width = -width;
        hasMinus = true;
        hasZero = false;
      }
      isIndexed = false;
    } else {
      width = this.#number();
      if (isIndexed && width !== undefined) this.#isGoodIndex = false;
    }
    let precision: number | undefined;
    if (this.at + 1 < this.#format.length && this.#accept('.')) {
      if (isIndexed) this.#isGoodIndex = false;
      isIndexed = this.#index();
      if (this.#accept('*')) {
        precision = this.#numberArgument();
        if (precision !== undefined && precision < 0) precision = undefined;
        if (precision === undefined) before += '%!(BADPREC)';
        isIndexed = false;
      } else precision = this.#number() ?? 0;
    }
    if (!isIndexed) this.#index();
    if (this.at >= this.#format.length) return `${before}%!(NOVERB)`;
    const letter = String.fromCodePoint(this.#format.codePointAt(this.at)!);
    this.at += letter.length;
    if (letter === '%') return `${before}%`;
    if (!this.#isGoodIndex) return `${before}%!${letter}(BADINDEX)`;
    if (this.#next >= this.#values.length) return `${before}%!${letter}(MISSING)`;
    if (Math.max(width ?? 0, precision ?? 0) > WIDTH_MAX)
      throw new RangeError(`a width or precision must be at most ${WIDTH_MAX}`);
    const verb: Verb = {
      letter,
      hasSharp: flagText.includes('#'),
      hasPlus: flagText.includes('+'),
      hasSpace: flagText.includes(' '),
      hasMinus,
      hasZero,
      width,
      precision,
    };
    return before + formatValue(this.#values[this.#next++], verb);
  }

  /** What is said of arguments that no directive took. */
  extra(): string {
    if (this.#isReordered || this.#next >= this.#values.length) return '';
    const left = this.#values
      .slice(this.#next)
      .map((value) =>
        value === null || value === undefined ? '<nil>' : `${typeName(value)}=${formatValue(value, PLAIN)}`,
      );
    return `%!(EXTRA ${left.join(', ')})`;
  }

  /** An index, `[2]`: the next argument is that one. Whether there was a valid one. */
  #index(): boolean {
    if (this.#format[this.at] !== '[') return false;
    this.#isReordered = true;
    const close = this.#format.indexOf(']', this.at);
    const digits = close < 0 ? '' : this.#format.slice(this.at + 1, close);
    this.at = close < 0 ? this.at + 1 : close + 1;
    const index = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
    if (index < 1 || index > this.#values.length) {
      this.#isGoodIndex = false;
      return index > 0;
    }
    this.#next = index - 1;
    return true;
  }

  #accept(char: string): boolean {
    if (this.#format[this.at] !== char) return false;
    this.at++;
    return true;
  }

  #number(): number | undefined {
    const digits = /\d*/y;
    digits.lastIndex = this.at;
    const text = digits.exec(this.#format)![0];
    if (text === '') return undefined;
    if (Number(text) > NUMBER_MAX) {
      this.at = this.#format.length;
      return undefined;
    }
    this.at += text.length;
    return Number(text);
  }

  /** A width or precision that is the next argument. */
  #numberArgument(): number | undefined {
    if (this.#next >= this.#values.length) return undefined;
    const value = this.#values[this.#next++];
    const isNumber = typeof value === 'bigint' && value >= -NUMBER_MAX && value <= NUMBER_MAX;
    return isNumber ? Number(value) : undefined;
  }
}
