import { type GoFunctions, type GoValue, sprint, stringerText } from '#lang/go-template';

/**
 * Values in HTML, escaped as Go's html/template does it: by where they stand, which is read off what is written before them. A value can end no
 * attribute or tag, and makes no script.
 */

/** HTML as a template asked for with `safeHtml`, or made itself with `html`. */
export class SafeHtml {
  static readonly goType = 'template.HTML';
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  String(): string {
    return this.#text;
  }
}

/** An address as a template asked for with `safeUrl`: its scheme is not looked at. */
export class SafeUrl {
  static readonly goType = 'template.URL';
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  String(): string {
    return this.#text;
  }
}

/** Part of a query that is escaped already. */
class EscapedQuery {
  static readonly goType = 'string';
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  String(): string {
    return this.#text;
  }
}

/** The functions that escape by themselves: what they give is not escaped again. */
export function escapingFunctions(functions: GoFunctions): GoFunctions {
  const { html, urlquery } = functions;
  return {
    ...(html !== undefined && { html: { ...html, call: (...values) => new SafeHtml(String(html.call(...values))) } }),
    ...(urlquery !== undefined && {
      urlquery: { ...urlquery, call: (...values) => new EscapedQuery(String(urlquery.call(...values))) },
    }),
  };
}

type Place =
  | { readonly kind: 'text' }
  | { readonly kind: 'raw'; readonly element: string }
  | { readonly kind: 'comment' }
  | { readonly kind: 'tag'; readonly element: string }
  | {
      readonly kind: 'attribute';
      readonly element: string;
      readonly name: string;
      readonly quote: string;
      readonly from: number;
    };

/** Elements whose content is no markup. */
const RAW_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style', 'title', 'textarea']);
const URL_ATTRIBUTES: ReadonlySet<string> = new Set([
  'action',
  'archive',
  'background',
  'cite',
  'classid',
  'codebase',
  'data',
  'formaction',
  'href',
  'icon',
  'longdesc',
  'manifest',
  'poster',
  'profile',
  'src',
  'usemap',
  'xmlns',
]);

/** Reads on in what one execution has written. */
export class HtmlEscaper {
  #place: Place = { kind: 'text' };
  #at = 0;

  /** The value as it stands behind `before`. */
  print(value: GoValue, before: string): string {
    this.#read(before);
    const place = this.#place;
    switch (place.kind) {
      case 'text':
        return value instanceof SafeHtml ? value.String() : escapeText(textOf(value));
      case 'raw':
        return inRaw(place.element, value);
      case 'comment':
        return '';
      case 'tag':
        return /^[a-zA-Z][\w-]*$/.test(textOf(value)) && !isCode(textOf(value)) ? textOf(value) : 'ZgotmplZ';
      case 'attribute':
        return inAttribute(place, value, before.slice(place.from));
    }
  }

  #read(text: string): void {
    while (this.#at < text.length) {
      const place = this.#place;
      if (place.kind === 'text') this.#readText(text);
      else if (place.kind === 'raw')
        this.#readTo(text, new RegExp(`</${place.element}(?=[\\s/>])`, 'gi'), place.element);
      else if (place.kind === 'comment') this.#readTo(text, /-->/g, '');
      else if (place.kind === 'tag') this.#readTag(text, place.element);
      else this.#readAttribute(text, place);
      if (this.#place === place && this.#at < text.length && place.kind !== 'text' && place.kind !== 'tag') return;
    }
  }

  #readText(text: string): void {
    const open = /<(?:(!--)|\/?([a-zA-Z][^\s/>]*))/g;
    open.lastIndex = this.#at;
    const match = open.exec(text);
    if (match === null) {
      this.#at = text.length;
      return;
    }
    this.#at = open.lastIndex;
    const isEnd = text[match.index + 1] === '/';
    const element = isEnd ? '' : (match[2] ?? '').toLowerCase();
    this.#place = match[1] === undefined ? { kind: 'tag', element } : { kind: 'comment' };
  }

  #readTo(text: string, end: RegExp, element: string): void {
    end.lastIndex = this.#at;
    if (end.exec(text) === null) return;
    this.#at = end.lastIndex;
    this.#place = element === '' ? { kind: 'text' } : { kind: 'tag', element: '' };
  }

  #readTag(text: string, element: string): void {
    const part = /\s*(?:(>)|(\/)|([^\s=>"'/]+)(?:\s*=\s*(["']?))?|(["'=]))/y;
    part.lastIndex = this.#at;
    const match = part.exec(text);
    if (match === null) {
      this.#at = text.length;
      return;
    }
    this.#at = part.lastIndex;
    const [, end, , name, quote] = match;
    if (end !== undefined) this.#place = RAW_ELEMENTS.has(element) ? { kind: 'raw', element } : { kind: 'text' };
    else if (name !== undefined && quote !== undefined) {
      this.#place = { kind: 'attribute', element, name: name.toLowerCase(), quote, from: this.#at };
    }
  }

  #readAttribute(text: string, { element, quote }: Extract<Place, { kind: 'attribute' }>): void {
    const end = quote === '' ? /[\s>]/g : new RegExp(quote, 'g');
    end.lastIndex = this.#at;
    const match = end.exec(text);
    if (match === null) return;
    this.#at = quote === '' ? match.index : end.lastIndex;
    this.#place = { kind: 'tag', element };
  }
}

function textOf(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return stringerText(value) ?? sprint([value]);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
};

function escapeText(text: string): string {
  return text.replaceAll(/[\0"&'+<>]/g, (char) => ESCAPES[char]!);
}

function isCode(attribute: string): boolean {
  return /^on/i.test(attribute) || attribute === 'style' || attribute === 'srcdoc' || attribute === 'srcset';
}

function inRaw(element: string, value: GoValue): string {
  if (element === 'script') return scriptValue(value);
  if (element === 'style') return /^[\w #.%-]*$/.test(textOf(value)) ? textOf(value) : 'ZgotmplZ';
  return escapeText(textOf(value));
}

/** As JSON that ends no script. */
function scriptValue(value: GoValue): string {
  return JSON.stringify(textOf(value)).replaceAll(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function inAttribute({ name, quote }: Extract<Place, { kind: 'attribute' }>, value: GoValue, before: string): string {
  const local = name.replace(/^(?:data-|[^:]*:)/, '');
  const text = isCode(name)
    ? codeValue(name, value)
    : URL_ATTRIBUTES.has(local)
      ? urlPart(value, before)
      : textOf(value);
  const escaped = escapeText(text);
  return quote === '' ? escaped.replaceAll(/[\s=`]/g, (char) => `&#${char.charCodeAt(0)};`) || 'ZgotmplZ' : escaped;
}

function codeValue(name: string, value: GoValue): string {
  if (/^on/i.test(name)) return scriptValue(value);
  return /^[\w #.%-]*$/.test(textOf(value)) ? textOf(value) : 'ZgotmplZ';
}

function urlPart(value: GoValue, before: string): string {
  const text = textOf(value);
  if (/[?#]/.test(before)) return value instanceof EscapedQuery ? text : percentEncoded(text, /[^\w.~-]/);
  if (before === '' && !(value instanceof SafeUrl) && !isHarmless(text)) return '#ZgotmplZ';
  return percentEncoded(text, /[^\w.~!#$%&*+,/:;=?@[\]-]/);
}

/** Of a scheme that runs nothing, or relative. */
function isHarmless(url: string): boolean {
  const scheme = /^([^:/?#]*):/.exec(url)?.[1];
  return scheme === undefined || /^(?:https?|mailto)$/i.test(scheme);
}

function percentEncoded(text: string, unsafe: RegExp): string {
  let result = '';
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte);
    const isEncoded = byte >= 0x80 || unsafe.test(char);
    result += isEncoded ? `%${byte.toString(16).padStart(2, '0')}` : char;
  }
  return result;
}
