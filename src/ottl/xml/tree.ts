import { fail } from '../values.ts';
import { XmlReader, type XmlToken } from './reader.ts';

/** `declaration` is `<?xml …?>`; `notation` is what begins with `<!`, such as a DOCTYPE. */
export type XmlKind =
  | 'document'
  | 'declaration'
  | 'element'
  | 'text'
  | 'cdata'
  | 'comment'
  | 'notation'
  | 'instruction';

export interface XmlAttribute {
  readonly kind: 'attribute';
  readonly owner: XmlNode;
  /** As it is written; '' for none. */
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
  readonly uri: string;
}

export class XmlNode {
  readonly kind: XmlKind;
  /** Of an element its local name, of an instruction its target, else what it says. */
  data: string;
  readonly prefix: string;
  readonly uri: string;
  /** Of an instruction: what follows the target. */
  readonly content: string;
  attributes: readonly XmlAttribute[] = [];
  parent: XmlNode | undefined;
  children: XmlNode[] = [];

  constructor(
    kind: XmlKind,
    data: string,
    { prefix = '', uri = '', content = '' }: { prefix?: string; uri?: string; content?: string } = {},
  ) {
    this.kind = kind;
    this.data = data;
    this.prefix = prefix;
    this.uri = uri;
    this.content = content;
  }

  append(child: XmlNode): void {
    child.parent = this;
    this.children.push(child);
  }

  remove(): void {
    const siblings = this.parent?.children;
    if (siblings !== undefined) siblings.splice(siblings.indexOf(this), 1);
    this.parent = undefined;
  }
}

/** An element with nothing but a text. */
export function textElement(name: string, text: string): XmlNode {
  const element = new XmlNode('element', name);
  element.append(new XmlNode('text', text));
  return element;
}

/**
 * A document with all of its nodes, as github.com/antchfx/xmlquery builds it for OTTL: several elements may stand on the first level, what
 * stands before the first of them or before a declaration is left out, and so is the declaration where the text does not begin with one.
 */
export function parseXml(source: string): XmlNode {
  const reader = new XmlReader(source, true);
  const document = new XmlNode('document', '');
  let parent = document;
  let hasBegun = false;
  for (let token = reader.next(); token !== undefined; token = reader.next()) {
    if (token.kind === 'end') {
      parent = parent.parent!;
      continue;
    }
    hasBegun ||= token.kind === 'start' || token.kind === 'instruction';
    if (!hasBegun) continue;
    const node = nodeOf(token);
    parent.append(node);
    if (token.kind === 'start') parent = node;
  }
  if (!document.children.some(({ kind }) => kind === 'element'))
    fail('parse xml: invalid XML document: it has no element');
  const first = document.children[0]!;
  if (first.kind !== 'element' && !source.startsWith('<?xml')) first.remove();
  return document;
}

function nodeOf(token: Exclude<XmlToken, { readonly kind: 'end' }>): XmlNode {
  if (token.kind === 'start') {
    if (!token.isDeclared) fail(`parse xml: invalid XML document, namespace ${token.uri} is missing`);
    const element = new XmlNode('element', token.local, token);
    element.attributes = token.attributes.map((each) => ({ ...each, kind: 'attribute', owner: element }));
    return element;
  }
  if (token.kind !== 'instruction')
    return new XmlNode(token.kind === 'directive' ? 'notation' : token.kind, token.text);
  if (token.target !== 'xml') return new XmlNode('instruction', token.target, { content: token.text.trim() });
  const declaration = new XmlNode('declaration', 'xml');
  const attributes = new Map<string, string>();
  for (const pair of token.text.split(' ').map((each) => each.trim())) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    if (equals > 0 && !attributes.has(name)) attributes.set(name, pair.slice(equals + 1).replace(/^["']+|["']+$/g, ''));
  }
  declaration.attributes = [...attributes].map(([name, value]) => attributeOf(declaration, name, value));
  return declaration;
}

function attributeOf(owner: XmlNode, name: string, value: string): XmlAttribute {
  const colon = name.indexOf(':');
  const [prefix, local] = colon > 0 ? [name.slice(0, colon), name.slice(colon + 1)] : ['', name];
  return { kind: 'attribute', owner, prefix, local, value, uri: '' };
}

/** The texts within a node, one after the other. */
export function innerText(node: XmlNode): string {
  if (node.kind === 'text' || node.kind === 'cdata') return node.data;
  return node.kind === 'comment' ? '' : node.children.map(innerText).join('');
}

/** What stands in a node as a text: elements without content are written with both tags. */
export function printContent(node: XmlNode): string {
  return printAll(node.children, keepsSpace(node, true));
}

function printAll(nodes: readonly XmlNode[], keeps: boolean): string {
  return nodes.map((each) => printNode(each, keeps)).join('');
}

function printNode(node: XmlNode, keepsOutside: boolean): string {
  const { kind, data, prefix, content } = node;
  const keeps = keepsSpace(node, keepsOutside);
  if (kind === 'text') return escaped(keeps ? data : data.trim());
  if (kind === 'cdata') return `<![CDATA[${data}]]>`;
  if (kind === 'comment') return `<!--${data}-->`;
  if (kind === 'notation') return `<!${data}>`;
  if (kind === 'instruction') return content === '' ? `<?${data}?>` : `<?${data} ${content}?>`;
  const attributes = node.attributes.map((each) => ` ${qualified(each.prefix, each.local)}="${escaped(each.value)}"`);
  if (kind === 'declaration') return `<?${data}${attributes.join('')}?>`;
  const name = qualified(prefix, data);
  return `<${name}${attributes.join('')}>${printAll(node.children, keeps)}</${name}>`;
}

function qualified(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}

/** `xml:space` says whether the space around texts stays. */
function keepsSpace(node: XmlNode, outside: boolean): boolean {
  const says = node.attributes.find(({ prefix, local }) => prefix === 'xml' && local === 'space')?.value;
  return says === 'preserve' ? true : says === 'default' ? false : outside;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
};

function escaped(text: string): string {
  return text.replace(/[&'<>"]/g, (char) => ESCAPES[char]!);
}
