import { fail } from '../values.ts';

/** An attribute as it is written, with the namespace that its prefix stands for. */
export interface AttributeToken {
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
  readonly uri: string;
}

export type XmlToken =
  | {
      readonly kind: 'start';
      readonly prefix: string;
      readonly local: string;
      readonly uri: string;
      /** Its prefix is declared, or it has none. */
      readonly isDeclared: boolean;
      readonly attributes: readonly AttributeToken[];
    }
  | { readonly kind: 'end' }
  | { readonly kind: 'text' | 'cdata' | 'comment' | 'directive'; readonly text: string }
  | { readonly kind: 'instruction'; readonly target: string; readonly text: string };

interface Open {
  readonly prefix: string;
  readonly local: string;
  /** Namespaces by prefix, as they are outside of it. */
  readonly outside: ReadonlyMap<string, string>;
}

const XML_URI = 'http://www.w3.org/XML/1998/namespace';
/** Elements in elements; a text that goes deeper is an attack. */
const DEPTH_LIMIT = 1000;

const SPACE = /[ \t\r\n]*/y;
const NAME_CHARS = /[A-Za-z0-9_:.\-\u0080-\u{10ffff}]+/uy;
const NAME = /^[\p{L}\p{Nl}_:][\p{L}\p{Nl}\p{M}\p{Nd}_:.\-\u00b7\u30fc-\u30fe]*$/u;
const ENTITY = /&(?:#(\d+);|#x([0-9a-fA-F]+);|([^;&<]*);?|)/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
]);
const NOT_ALLOWED = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** XML token by token, as Go's encoding/xml reads it when it is strict. What is wrong fails. */
export class XmlReader {
  #source: string;
  /** Where the next token begins. */
  #at = 0;
  /** The end of `<a/>`, which is still to come. */
  #isEmptyElement = false;
  #namespaces: ReadonlyMap<string, string> = new Map();
  readonly #open: Open[] = [];
  readonly #decodesCharsets: boolean;

  /** `decodesCharsets`: a declared encoding other than UTF-8 is applied to what follows; else it fails. */
  constructor(source: string, decodesCharsets: boolean) {
    this.#source = source;
    this.#decodesCharsets = decodesCharsets;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  /** undefined at the end of the text. */
  next(): XmlToken | undefined {
    if (this.#isEmptyElement) {
      this.#isEmptyElement = false;
      return this.#close();
    }
    if (this.isAtEnd) {
      if (this.#open.length > 0) this.#wrong('unexpected EOF');
      return undefined;
    }
    const source = this.#source;
    if (source[this.#at] !== '<') return { kind: 'text', text: this.#text() };
    this.#at++;
    if (this.#takes('/')) return this.#end();
    if (this.#takes('?')) return this.#instruction();
    if (this.#takes('!--')) return { kind: 'comment', text: this.#comment() };
    if (this.#takes('![CDATA[')) return { kind: 'cdata', text: this.#cdata() };
    if (this.#takes('!')) return { kind: 'directive', text: this.#directive() };
    return this.#start();
  }

  #text(): string {
    const from = this.#at;
    const end = this.#source.indexOf('<', from);
    this.#at = end < 0 ? this.#source.length : end;
    const raw = this.#source.slice(from, this.#at);
    if (raw.includes(']]>')) this.#wrong('unescaped ]]> not in CDATA section');
    return this.#decoded(raw);
  }

  #decoded(raw: string): string {
    const lines = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw;
    const text = lines.includes('&') ? lines.replace(ENTITY, (found, ...groups) => this.#entity(found, groups)) : lines;
    return this.#allowed(text);
  }

  #allowed(text: string): string {
    if (NOT_ALLOWED.test(text)) this.#wrong('illegal character code');
    return text;
  }

  #entity(found: string, [decimal, hex, name]: (string | undefined)[]): string {
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16);
    if (code <= 0x10ffff) return code >= 0xd800 && code < 0xe000 ? '\ufffd' : String.fromCodePoint(code);
    const plain = found.endsWith(';') ? ENTITIES.get(name ?? '') : undefined;
    return plain ?? this.#wrong(`invalid character entity ${found}`);
  }

  #end(): XmlToken {
    const [prefix, local] = this.#name('expected element name after </');
    this.#space();
    if (!this.#takes('>')) this.#wrong(`invalid characters between </${local} and >`);
    const open = this.#open.at(-1) ?? this.#wrong(`unexpected end element </${local}>`);
    if (open.local !== local) this.#wrong(`element <${open.local}> closed by </${local}>`);
    if (open.prefix !== prefix) this.#wrong(`element <${local}> in space ${open.prefix} closed in space ${prefix}`);
    return this.#close();
  }

  #close(): XmlToken {
    this.#namespaces = this.#open.pop()!.outside;
    return { kind: 'end' };
  }

  #instruction(): XmlToken {
    const [prefix, local] = this.#name('expected target name after <?');
    const target = prefix === '' ? local : `${prefix}:${local}`;
    this.#space();
    const text = this.#until('?>');
    if (target === 'xml') this.#checkDeclaration(text);
    return { kind: 'instruction', target, text };
  }

  #checkDeclaration(text: string): void {
    const version = /version=.*?(["'])(.*?)\1/s.exec(text)?.[2] ?? '';
    if (version !== '' && version !== '1.0')
      fail(`xml: unsupported version "${version}"; only version 1.0 is supported`);
    const encoding = /encoding=.*?(["'])(.*?)\1/s.exec(text)?.[2] ?? '';
    if (encoding === '' || encoding.toLowerCase() === 'utf-8') return;
    if (!this.#decodesCharsets) fail(`xml: encoding "${encoding}" declared but only utf-8 can be read`);
    try {
      this.#source = new TextDecoder(encoding).decode(Buffer.from(this.#source.slice(this.#at)));
    } catch {
      fail(`xml: opening charset "${encoding}": it is not known`);
    }
    this.#at = 0;
  }

  #comment(): string {
    const text = this.#until('--');
    if (!this.#takes('>')) this.#wrong('invalid sequence "--" not allowed in comments');
    return text;
  }

  #cdata(): string {
    return this.#allowed(this.#until(']]>').replace(/\r\n?/g, '\n'));
  }

  /** Up to the `>` that is in no quotes and no `<` of its own; a comment within becomes a space. */
  #directive(): string {
    if (this.#source[this.#at] === '[' || this.#source[this.#at] === '-') this.#wrong('invalid sequence after <!');
    let text = '';
    let quote = '';
    let depth = 0;
    for (;;) {
      const char = this.#source[this.#at++] ?? this.#wrong('unexpected EOF');
      if (char === '>' && quote === '' && depth === 0 && text !== '') return text;
      if (quote !== '') {
        if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '>') depth--;
      else if (char === '<') {
        if (this.#takes('!--')) {
          this.#until('-->');
          text += ' ';
          continue;
        }
        depth++;
      }
      text += char;
    }
  }

  #start(): XmlToken {
    const [prefix, local] = this.#name('expected element name after <');
    if (this.#open.length >= DEPTH_LIMIT) fail(`exceeded maximum XML nesting depth of ${DEPTH_LIMIT}`);
    const written: { prefix: string; local: string; value: string }[] = [];
    for (;;) {
      this.#space();
      if (this.#takes('>')) break;
      if (this.#takes('/')) {
        if (!this.#takes('>')) this.#wrong('expected /> in element');
        this.#isEmptyElement = true;
        break;
      }
      if (this.isAtEnd) this.#wrong('unexpected EOF');
      const [attributePrefix, attributeLocal] = this.#name('expected attribute name in element');
      this.#space();
      if (!this.#takes('=')) this.#wrong('attribute name without = in element');
      this.#space();
      written.push({ prefix: attributePrefix, local: attributeLocal, value: this.#attributeValue() });
    }
    this.#open.push({ prefix, local, outside: this.#namespaces });
    for (const each of written) this.#declare(each);
    const uri = prefix === 'xmlns' ? prefix : this.#uriOf(prefix);
    const attributes = written.map((each) => ({
      ...each,
      uri: each.prefix === '' || each.prefix === 'xmlns' ? each.prefix : this.#uriOf(each.prefix),
    }));
    const isDeclared = prefix === '' || prefix === 'xml' || this.#namespaces.has(prefix);
    return { kind: 'start', prefix, local, uri, isDeclared, attributes };
  }

  #declare({
    prefix,
    local,
    value,
  }: {
    readonly prefix: string;
    readonly local: string;
    readonly value: string;
  }): void {
    if (prefix === 'xmlns') this.#namespaces = new Map(this.#namespaces).set(local, value);
    else if (prefix === '' && local === 'xmlns') this.#namespaces = new Map(this.#namespaces).set('', value);
  }

  #uriOf(prefix: string): string {
    return this.#namespaces.get(prefix) ?? (prefix === 'xml' ? XML_URI : prefix);
  }

  #attributeValue(): string {
    const quote = this.#source[this.#at++];
    if (quote !== '"' && quote !== "'") this.#wrong('unquoted or missing attribute value in element');
    const raw = this.#until(quote!);
    if (raw.includes('<')) this.#wrong('unescaped < inside quoted string');
    return this.#decoded(raw);
  }

  /** What stands before `end`, which is passed. */
  #until(end: string): string {
    const at = this.#source.indexOf(end, this.#at);
    if (at < 0) this.#wrong('unexpected EOF');
    const text = this.#source.slice(this.#at, at);
    this.#at = at + end.length;
    return text;
  }

  #takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#source);
    this.#at = SPACE.lastIndex;
  }

  /** Prefix and local part. */
  #name(expected: string): [prefix: string, local: string] {
    NAME_CHARS.lastIndex = this.#at;
    const name = NAME_CHARS.exec(this.#source)?.[0] ?? this.#wrong(expected);
    this.#at += name.length;
    if (!NAME.test(name)) this.#wrong(`invalid XML name: ${name}`);
    const parts = name.split(':');
    if (parts.length > 2) this.#wrong(expected);
    return parts.length === 2 && parts[0] !== '' && parts[1] !== '' ? [parts[0]!, parts[1]!] : ['', name];
  }

  #wrong(message: string): never {
    const line = this.#source.slice(0, this.#at).split('\n').length;
    fail(`XML syntax error on line ${line}: ${message}`);
  }
}
