import { converterFunction, type OttlFunction } from '../function.ts';
import { constantText, optional, text } from '../parameters.ts';
import { EvaluationError, fail, type Value, type ValueMap } from '../values.ts';
import { XmlReader, type XmlToken } from '../xml/reader.ts';
import { innerText, parseXml, printContent, textElement, type XmlAttribute, XmlNode } from '../xml/tree.ts';
import { compileXPath } from '../xml/xpath.ts';
import { stringValue, type XPathItem } from '../xml/xpath-run.ts';

/** What XML says, and XML that is made of XML. */
export const XML_FUNCTIONS: readonly OttlFunction[] = [
  converterFunction(
    'ParseXML',
    'The map of an XML text: of each element `tag`, `content`, `attributes` and the list `children`.',
    [text('target')],
    (target) => (at) => elementMap(target.get(at)),
  ),
  converterFunction(
    'ParseSimplifiedXML',
    'The map of an XML text without attributes: texts by the names of their elements, lists where a name repeats.',
    [text('target')],
    (target) => (at) => simplified(parseXml(target.get(at))),
  ),
  converterFunction(
    'GetXML',
    'What an XPath finds in an XML text, as a text: elements with their tags, of attributes and CDATA what they say.',
    [text('target'), constantText('x_path')],
    (target, xpath) => {
      const find = compileXPath(xpath);
      return (at) => {
        const source = target.get(at);
        return source === '' ? '' : selected(find(parseXml(source)));
      };
    },
  ),
  converterFunction(
    'RemoveXML',
    'An XML text without what an XPath finds: elements, attributes, texts, CDATA and comments.',
    [text('target'), constantText('x_path')],
    (target, xpath) => {
      const find = compileXPath(xpath);
      return (at) => {
        const source = target.get(at);
        if (source === '') return '';
        const document = parseXml(source);
        for (const item of find(document)) remove(item);
        return printContent(document);
      };
    },
  ),
  converterFunction(
    'InsertXML',
    'An XML text with another behind the content of each element that an XPath finds.',
    [text('target'), constantText('x_path'), text('sub_document')],
    (target, xpath, subDocument) => {
      const find = compileXPath(xpath);
      return (at) => {
        const source = target.get(at);
        const document = source === '' ? new XmlNode('element', '') : parseXml(source);
        const inserted = parseXml(subDocument.get(at)).children;
        for (const item of find(document)) insert(item, inserted);
        return printContent(document);
      };
    },
  ),
  converterFunction(
    'ConvertAttributesToElementsXML',
    'An XML text whose attributes, or those that an XPath finds, are elements.',
    [text('target'), optional(constantText('x_path'))],
    (target, xpath) => {
      const find = compileXPath(xpath || '//@*');
      return (at) => {
        const document = parseXml(target.get(at));
        for (const item of find(document)) if (item.kind === 'attribute') toElement(item);
        return printContent(document);
      };
    },
  ),
  converterFunction(
    'ConvertTextToElementsXML',
    'An XML text in which texts beside elements, or beside other texts, are elements of the name, `value` unless it is given.',
    [text('target'), optional(constantText('x_path')), optional(constantText('element_name'))],
    (target, xpath, elementName) => {
      const find = compileXPath(xpath || '/');
      return (at) => {
        const document = parseXml(target.get(at));
        for (const item of find(document)) if (item.kind !== 'attribute') wrapTexts(item, elementName || 'value');
        return printContent(document);
      };
    },
  ),
];

function elementMap(source: string): ValueMap {
  const reader = new XmlReader(source, false);
  let token = reader.next();
  while (token !== undefined && token.kind !== 'start') token = reader.next();
  if (token === undefined) throw new EvaluationError('unmarshal xml: EOF');
  const map = mapOf(reader, token);
  if (!reader.isAtEnd) fail('trailing bytes after parsing xml');
  return map;
}

function mapOf(reader: XmlReader, start: XmlToken & { readonly kind: 'start' }): ValueMap {
  let content = '';
  const children: Value[] = [];
  // The reader fails where the end is missing.
  for (let token = reader.next()!; token.kind !== 'end'; token = reader.next()!) {
    if (token.kind === 'start') children.push(mapOf(reader, token));
    else if (token.kind === 'text' || token.kind === 'cdata') content += token.text.trim();
  }
  const map: ValueMap = new Map([['tag', start.local]]);
  if (content !== '') map.set('content', content);
  if (start.attributes.length > 0) {
    map.set('attributes', new Map(start.attributes.map(({ local, value }): [string, Value] => [local, value])));
  }
  if (children.length > 0) map.set('children', children);
  return map;
}

function simplified(parent: XmlNode): ValueMap {
  const elements = parent.children.filter(({ kind }) => kind === 'element');
  const repeated = new Set<string>();
  const seen = new Set<string>();
  for (const { data } of elements) (seen.has(data) ? repeated : seen).add(data);
  const map: ValueMap = new Map();
  for (const element of elements) {
    if (element.children.length === 0) continue;
    const { data } = element;
    if (repeated.has(data) && !map.has(data)) map.set(data, []);
    const leaf = leafText(element);
    const value = leaf === '' ? simplified(element) : leaf;
    if (value instanceof Map && value.size === 0) continue;
    if (repeated.has(data)) (map.get(data) as Value[]).push(value);
    else map.set(data, value);
  }
  return map;
}

/** The first text of an element that has no elements. */
function leafText({ children }: XmlNode): string {
  if (children.some(({ kind }) => kind === 'element')) return '';
  return children.find(({ kind }) => kind === 'text' || kind === 'cdata')?.data ?? '';
}

function selected(items: readonly XPathItem[]): string {
  const result = new XmlNode('document', '');
  for (const item of items) {
    // Not appended: it may stand in another one that was found.
    if (item.kind === 'element' || item.kind === 'text') result.children.push(item);
    else if (item.kind === 'attribute') result.append(new XmlNode('text', stringValue(item)));
    else if (item.kind === 'cdata') result.append(new XmlNode('text', innerText(item)));
  }
  return printContent(result);
}

function remove(item: XPathItem): void {
  if (item.kind === 'attribute') removeAttribute(item);
  else if (item.kind === 'text') item.data = '';
  else if (item.kind === 'element' || item.kind === 'comment' || item.kind === 'cdata') item.remove();
}

/** One with a prefix stays, as in otelcol, whose XML library looks for its local name alone. */
function removeAttribute({ owner, local }: XmlAttribute): void {
  const at = owner.attributes.findIndex((each) => each.prefix === '' && each.local === local);
  if (at >= 0) owner.attributes = owner.attributes.toSpliced(at, 1);
}

/** The same nodes may stand in several places: they are printed, and not looked at again. */
function insert(item: XPathItem, inserted: readonly XmlNode[]): void {
  if (item.kind !== 'element' && item.kind !== 'document') fail(`InsertXML XPath selected non-element: ${item.kind}`);
  (item as XmlNode).children.push(...inserted);
}

function toElement(attribute: XmlAttribute): void {
  attribute.owner.append(textElement(attribute.local, attribute.value));
  removeAttribute(attribute);
}

function wrapTexts(node: XmlNode, elementName: string): void {
  if (node.kind !== 'element' && node.kind !== 'document') return;
  const { children } = node;
  for (const child of children) wrapTexts(child, elementName);
  const texts = children.filter(({ kind }) => kind === 'text').length;
  const elements = children.filter(({ kind }) => kind === 'element').length;
  if (texts === 0 || texts + elements <= 1) return;
  node.children = children.map((child) => (child.kind === 'text' ? textElement(elementName, child.data) : child));
}
