import { isUtf8 } from 'node:buffer';
import { DecodeError, excerpt } from '#base';
import { isNumber, readNumber } from './number.ts';
import {
  BACKSLASH,
  BRACE_CLOSE,
  BRACE_OPEN,
  COMMA,
  EQUAL,
  HASH,
  latin1,
  NAME,
  NEWLINE,
  nulAtLineStart,
  QUOTE,
  SPACE,
  TAB,
  unescapeHelp,
  unescapeText,
  utf8,
} from './text-bytes.ts';
import {
  ENTRY_END,
  ENTRY_HELP,
  ENTRY_SERIES,
  ENTRY_TYPE,
  ENTRY_UNIT,
  OPENMETRICS_TYPES,
  STRICT_KINDS,
  TEXT_TYPES,
} from './text-entries.ts';

/**
 * Reads the text formats of Prometheus (0.0.4 and 1.0.0) and OpenMetrics 1.0 entry by entry, with the leniency of
 * prometheus/model/textparse@v0.316.0: what that takes, targets write. Nothing is made of a series that is known: `matchesSeries` compares
 * its bytes with those of the scrape before.
 *
 * Fields hold what the last entry had. Throws a DecodeError that names the line.
 */
export class PrometheusTextReader {
  readonly bytes: Uint8Array;
  readonly #isOpenMetrics: boolean;
  readonly #end: number;
  #at = 0;
  /** The entry, or of a series its name and labels. */
  from = 0;
  to = 0;
  /** Of a series: from, to of the name and of each label's name and value, without quotes. */
  #offsets: number[] = [];
  value = 0;
  /** Milliseconds since the epoch; NaN where the sample has none. */
  timestampMs: number = Number.NaN;
  hasExemplar = false;
  exemplarValue = 0;
  exemplarMs: number = Number.NaN;
  #exemplarOffsets: number[] = [];
  /** Of the metadata. */
  name = '';
  text = '';

  constructor(bytes: Uint8Array, isOpenMetrics: boolean) {
    this.bytes = bytes;
    this.#isOpenMetrics = isOpenMetrics;
    const nul = isOpenMetrics ? -1 : nulAtLineStart(bytes);
    this.#end = nul < 0 ? bytes.length : nul;
  }

  /** Whether the next line is the series that stands in previous[from, to). Then it is read. */
  matchesSeries(previous: Uint8Array, from: number, to: number): boolean {
    const at = this.#at;
    const length = to - from;
    const { bytes } = this;
    if (length === 0 || at + length >= this.#end) return false;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== previous[from + i]) return false;
    const after = at + length;
    if (bytes[after - 1] !== BRACE_CLOSE) {
      const gap = this.#skipBlanks(after);
      if (gap === after || bytes[gap] === BRACE_OPEN) return false;
    }
    this.from = at;
    this.to = after;
    this.#offsets.length = 0;
    this.#readSample(after);
    return true;
  }

  /** Whether the next line is the metadata that stands in previous[from, to), with the end of its line. Then it is passed over. */
  matchesLine(previous: Uint8Array, from: number, to: number): boolean {
    const at = this.#at;
    const length = to - from;
    if (length === 0 || at + length > this.#end) return false;
    for (let i = 0; i < length; i++) if (this.bytes[at + i] !== previous[from + i]) return false;
    this.from = at;
    this.#at = at + length;
    this.to = this.#at;
    return true;
  }

  /** Passes over what says nothing. OpenMetrics has no such thing. */
  skipTrivia(): void {
    if (this.#isOpenMetrics) return;
    for (;;) {
      const at = this.#skipBlanks(this.#at);
      if (this.bytes[at] === NEWLINE && at < this.#end) this.#at = at + 1;
      else if (this.bytes[at] === HASH && !this.#isMetadata(at)) this.#at = this.#lineEnd(at) + 1;
      else {
        this.#at = Math.min(at, this.#end);
        return;
      }
      if (this.#at >= this.#end) {
        this.#at = this.#end;
        return;
      }
    }
  }

  next(): number {
    this.skipTrivia();
    this.from = this.#at;
    if (this.#at >= this.#end) {
      if (this.#isOpenMetrics) throw this.#error('the body does not end with "# EOF"');
      return ENTRY_END;
    }
    const first = this.bytes[this.#at]!;
    if (first === HASH) return this.#isOpenMetrics ? this.#strictMetadata() : this.#metadata();
    this.to = this.#readSeries(this.#at);
    this.#readSample(this.to);
    return ENTRY_SERIES;
  }

  /** Name and labels. Returns the offset behind them. */
  #readSeries(from: number): number {
    const { bytes } = this;
    const offsets = this.#offsets;
    offsets.length = 0;
    let at = from;
    if (bytes[from] === BRACE_OPEN) offsets.push(-1, -1);
    else {
      if ((NAME[bytes[from]!]! & 3) === 0) throw this.#error('expected the name of a metric');
      while (NAME[bytes[at]!] !== 0 && at < this.#end) at++;
      offsets.push(from, at);
    }
    const brace = this.#blanks(at);
    if (bytes[brace] === BRACE_OPEN && brace < this.#end) at = this.#readLabels(brace + 1, offsets, true);
    if (offsets[0] === -1) throw this.#error('a series without a name');
    return at;
  }

  /** Of the series that was read last: its name first. */
  labels(): [string, string][] {
    if (this.#offsets.length === 0) this.#readSeries(this.from);
    return this.#pairs(this.#offsets, true);
  }

  exemplarLabels(): [string, string][] {
    return this.#pairs(this.#exemplarOffsets, false);
  }

  #pairs(offsets: readonly number[], hasName: boolean): [string, string][] {
    const pairs: [string, string][] = [];
    let i = 0;
    if (hasName) {
      pairs.push(['__name__', this.#unescaped(offsets[0]!, offsets[1]!)]);
      i = 2;
    }
    for (; i < offsets.length; i += 4) {
      pairs.push([this.#unescaped(offsets[i]!, offsets[i + 1]!), this.#unescaped(offsets[i + 2]!, offsets[i + 3]!)]);
    }
    return pairs;
  }

  #unescaped(from: number, to: number): string {
    const text = utf8(this.bytes, from, to);
    return text.includes('\\') ? unescapeText(text) : text;
  }

  /** Labels from behind the brace on. Returns the offset behind the closing one. */
  #readLabels(start: number, offsets: number[], mayHaveName: boolean): number {
    const { bytes } = this;
    let at = this.#blanks(start);
    for (;;) {
      if (at >= this.#end) throw this.#error('labels that do not end');
      if (bytes[at] === BRACE_CLOSE) return at + 1;
      const isQuoted = bytes[at] === QUOTE;
      let from = at;
      let to: number;
      if (isQuoted) {
        to = this.#quoteEnd(at);
        from = at + 1;
        at = to + 1;
      } else {
        if ((NAME[bytes[at]!]! & 1) === 0) throw this.#error('expected the name of a label');
        while ((NAME[bytes[at]!]! & 5) !== 0 && at < this.#end) at++;
        to = at;
      }
      at = this.#blanks(at);
      if (isQuoted && (bytes[at] === COMMA || bytes[at] === BRACE_CLOSE)) {
        if (!mayHaveName || offsets[0] !== -1) throw this.#error('a second name of the metric');
        offsets[0] = from;
        offsets[1] = to;
        if (bytes[at] === COMMA) at = this.#blanks(at + 1);
        continue;
      }
      if (bytes[at] !== EQUAL) throw this.#error('expected "=" behind the name of a label');
      at = this.#blanks(at + 1);
      if (bytes[at] !== QUOTE) throw this.#error('expected the value of a label in quotes');
      const valueEnd = this.#quoteEnd(at);
      if (!isUtf8(bytes.subarray(at + 1, valueEnd))) throw this.#error('the value of a label is no UTF-8');
      offsets.push(from, to, at + 1, valueEnd);
      at = this.#blanks(valueEnd + 1);
      if (bytes[at] === COMMA) at = this.#blanks(at + 1);
      else if (this.#isOpenMetrics && bytes[at] !== BRACE_CLOSE) throw this.#error('expected a comma or "}"');
    }
  }

  /** Where the quote that opens at `at` closes. */
  #quoteEnd(at: number): number {
    const { bytes } = this;
    for (let i = at + 1; i < this.#end; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) return i;
      if (byte === BACKSLASH) i++;
      else if (byte === NEWLINE && this.#isOpenMetrics) break;
    }
    throw this.#error('a text that does not end');
  }

  /** Value, timestamp and exemplar, from behind the series on. */
  #readSample(after: number): void {
    this.hasExemplar = false;
    let at = this.#gap(after, 'expected a value');
    let end = this.#wordEnd(at);
    this.value = this.#number(at, end, 'the value');
    this.timestampMs = Number.NaN;
    at = this.#isOpenMetrics ? end : this.#skipBlanks(end);
    if (!this.#isOpenMetrics) {
      if (this.bytes[at] !== NEWLINE && at < this.#end) {
        end = this.#wordEnd(at);
        this.timestampMs = this.#integer(at, end);
        at = this.#skipBlanks(end);
      }
      if (this.bytes[at] !== NEWLINE && at < this.#end) throw this.#error('expected the end of the line');
      this.#at = Math.min(at + 1, this.#end);
      return;
    }
    if (this.bytes[at] === SPACE && this.bytes[at + 1] !== HASH) {
      end = this.#wordEnd(at + 1);
      this.timestampMs = this.#seconds(at + 1, end);
      at = end;
    }
    if (this.bytes[at] === SPACE) at = this.#readExemplar(at + 1);
    if (this.bytes[at] !== NEWLINE || at >= this.#end) throw this.#error('expected the end of the line');
    this.#at = at + 1;
  }

  /** `# {labels} value timestamp`. Returns the offset behind it. */
  #readExemplar(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== HASH || bytes[start + 1] !== SPACE || bytes[start + 2] !== BRACE_OPEN) {
      throw this.#error('expected an exemplar or the end of the line');
    }
    this.#exemplarOffsets.length = 0;
    let at = this.#gap(this.#readLabels(start + 3, this.#exemplarOffsets, false), 'expected the value of an exemplar');
    let end = this.#wordEnd(at);
    this.exemplarValue = this.#number(at, end, 'the value of an exemplar');
    this.exemplarMs = Number.NaN;
    at = end;
    if (bytes[at] === SPACE) {
      end = this.#wordEnd(at + 1);
      this.exemplarMs = this.#seconds(at + 1, end);
      at = end;
    }
    this.hasExemplar = true;
    return at;
  }

  #number(from: number, to: number, what: string): number {
    const value = readNumber(this.bytes, from, to);
    if (!isNumber) throw this.#error(`${what} is no number: "${excerpt(utf8(this.bytes, from, to))}"`);
    return value;
  }

  /** Whole milliseconds. */
  #integer(from: number, to: number): number {
    const text = utf8(this.bytes, from, to);
    if (!/^\d{1,18}$/.test(text)) throw this.#error(`the timestamp is no whole number: "${excerpt(text)}"`);
    return Number(text);
  }

  #seconds(from: number, to: number): number {
    const value = this.#number(from, to, 'the timestamp');
    if (!Number.isFinite(value)) throw this.#error('a timestamp must be finite');
    return Math.trunc(value * 1000);
  }

  /** What parts series and value: one space in OpenMetrics, any blanks or none in the text format. */
  #gap(at: number, otherwise: string): number {
    const to = this.#isOpenMetrics ? (this.bytes[at] === SPACE ? at + 1 : -1) : this.#skipBlanks(at);
    const byte = this.bytes[to];
    if (to < 0 || to >= this.#end || byte === NEWLINE || byte === SPACE) throw this.#error(otherwise);
    return to;
  }

  #wordEnd(at: number): number {
    let end = at;
    while (end < this.#end) {
      const byte = this.bytes[end]!;
      if (byte === SPACE || byte === NEWLINE || (byte === TAB && !this.#isOpenMetrics)) break;
      end++;
    }
    return end;
  }

  #blanks(at: number): number {
    return this.#isOpenMetrics ? at : this.#skipBlanks(at);
  }

  #skipBlanks(at: number): number {
    let to = at;
    while (to < this.#end && (this.bytes[to] === SPACE || this.bytes[to] === TAB)) to++;
    return to;
  }

  #lineEnd(at: number): number {
    const end = this.bytes.indexOf(NEWLINE, at);
    return end < 0 || end > this.#end ? this.#end : end;
  }

  /** Whether a line that begins with `#` says something. */
  #isMetadata(at: number): boolean {
    const word = this.#skipBlanks(at + 1);
    if (word === at + 1) return false;
    const keyword = latin1(this.bytes, word, Math.min(word + 4, this.#end));
    const after = this.bytes[word + 4];
    return (keyword === 'HELP' || keyword === 'TYPE') && (after === SPACE || after === TAB);
  }

  #metadata(): number {
    const lineEnd = this.#lineEnd(this.#at);
    const word = this.#skipBlanks(this.#at + 1);
    const isHelp = this.bytes[word] === 0x48;
    const nameFrom = this.#skipBlanks(word + 4);
    const nameTo = this.#metadataName(nameFrom, lineEnd);
    const textFrom = Math.min(this.#skipBlanks(nameTo), lineEnd);
    if (textFrom === nameTo && nameTo < lineEnd) throw this.#error('expected a text behind the name of the metric');
    this.#finishMetadata(textFrom, lineEnd);
    if (!isHelp) {
      if (!TEXT_TYPES.has(this.text)) throw this.#error(`no type of a metric: "${excerpt(this.text)}"`);
      if (this.text === 'untyped') this.text = 'unknown';
      return ENTRY_TYPE;
    }
    this.#checkHelp(textFrom, lineEnd, false);
    return ENTRY_HELP;
  }

  #strictMetadata(): number {
    const lineEnd = this.#lineEnd(this.#at);
    const word = latin1(this.bytes, this.#at, Math.min(this.#at + 7, lineEnd));
    if (word === '# EOF') {
      if (lineEnd < this.#end - 1) throw this.#error('data behind "# EOF"');
      this.#at = this.#end;
      return ENTRY_END;
    }
    const kind = STRICT_KINDS.get(word);
    if (kind === undefined) throw this.#error('expected "# TYPE", "# HELP", "# UNIT" or "# EOF"');
    if (lineEnd === this.#end) throw this.#error('the body does not end with "# EOF"');
    const nameTo = this.#metadataName(this.#at + 7, lineEnd);
    if (this.bytes[nameTo] !== SPACE) throw this.#error('expected a space and a text behind the name of the metric');
    this.#finishMetadata(nameTo + 1, lineEnd);
    if (kind === ENTRY_HELP) this.#checkHelp(nameTo + 1, lineEnd, true);
    if (kind === ENTRY_TYPE && !OPENMETRICS_TYPES.has(this.text)) {
      throw this.#error(`no type of a metric: "${excerpt(this.text)}"`);
    }
    if (kind === ENTRY_UNIT && this.text !== '' && !this.name.endsWith(`_${this.text}`)) {
      throw this.#error(`the unit "${excerpt(this.text)}" is no ending of "${excerpt(this.name)}"`);
    }
    return kind;
  }

  /** Sets `name`. Returns where it ends, with its quotes. */
  #metadataName(from: number, lineEnd: number): number {
    const { bytes } = this;
    if (bytes[from] === QUOTE) {
      const end = this.#quoteEnd(from);
      if (end >= lineEnd) throw this.#error('a text that does not end');
      this.name = this.#unescaped(from + 1, end);
      return end + 1;
    }
    let to = from;
    if ((NAME[bytes[from]!]! & 3) !== 0) while (NAME[bytes[to]!] !== 0 && to < lineEnd) to++;
    if (to === from) throw this.#error('expected the name of a metric');
    this.name = latin1(bytes, from, to);
    return to;
  }

  #finishMetadata(textFrom: number, lineEnd: number): void {
    this.text = utf8(this.bytes, textFrom, lineEnd);
    this.#at = Math.min(lineEnd + 1, this.#end);
    this.to = this.#at;
  }

  #checkHelp(from: number, to: number, unescapesQuotes: boolean): void {
    if (!isUtf8(this.bytes.subarray(from, to))) throw this.#error('a help text that is no UTF-8');
    if (this.text.includes('\\')) this.text = unescapesQuotes ? unescapeText(this.text) : unescapeHelp(this.text);
  }

  #error(what: string): DecodeError {
    let line = 1;
    for (let i = 0; i < this.from; i++) if (this.bytes[i] === NEWLINE) line++;
    const shown = utf8(this.bytes, this.from, Math.min(this.#lineEnd(this.from), this.from + 200));
    return new DecodeError(`line ${line}: ${what}, in "${excerpt(shown)}"`, this.from);
  }
}
