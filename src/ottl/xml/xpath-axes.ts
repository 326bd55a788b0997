import type { XmlAttribute, XmlNode } from './tree.ts';

export type XPathItem = XmlNode | XmlAttribute;

export type Axis =
  | 'self'
  | 'attribute'
  | 'child'
  | 'descendant'
  | 'descendant-or-self'
  | 'parent'
  | 'ancestor'
  | 'ancestor-or-self'
  | 'following-sibling'
  | 'preceding-sibling'
  | 'following'
  | 'preceding';

/** Those of XPath 1.0 but `namespace`. Each gives its items in its own order, nearest first where it goes back. */
const AXES: Readonly<Record<Axis, (item: XPathItem) => Iterable<XPathItem>>> = {
  self: (item) => [item],
  attribute: (item) => (item.kind === 'element' ? item.attributes : []),
  child: childrenOf,
  descendant: descendantsOf,
  'descendant-or-self': (item) => withItself(item, descendantsOf(item)),
  parent: (item) => [parentOf(item)].filter((parent) => parent !== undefined),
  ancestor: ancestorsOf,
  'ancestor-or-self': (item) => withItself(item, ancestorsOf(item)),
  'following-sibling': (item) => siblingsOf(item, 1),
  'preceding-sibling': (item) => siblingsOf(item, -1),
  following: (item) => around(item, 1),
  preceding: (item) => around(item, -1),
};

export function isAxis(name: string): name is Axis {
  return Object.hasOwn(AXES, name);
}

export function itemsOn(axis: Axis, item: XPathItem): Iterable<XPathItem> {
  return AXES[axis](item);
}

function* withItself(item: XPathItem, others: Iterable<XPathItem>): Iterable<XPathItem> {
  yield item;
  yield* others;
}

function parentOf(item: XPathItem): XmlNode | undefined {
  return item.kind === 'attribute' ? item.owner : item.parent;
}

/** Texts of nothing but space are not seen where something stands before them. */
function isSeen(node: XmlNode, index: number): boolean {
  return index === 0 || isNotBlank(node);
}

function isNotBlank(node: XmlNode): boolean {
  return node.kind !== 'text' || node.data.trim() !== '';
}

function childrenOf(item: XPathItem): readonly XmlNode[] {
  return item.kind === 'attribute' ? [] : item.children.filter(isSeen);
}

function* descendantsOf(item: XPathItem): Iterable<XmlNode> {
  for (const child of childrenOf(item)) {
    yield child;
    yield* descendantsOf(child);
  }
}

function* ancestorsOf(item: XPathItem): Iterable<XmlNode> {
  for (let each = parentOf(item); each !== undefined; each = each.parent) yield each;
}

function siblingsOf(item: XPathItem, direction: 1 | -1): readonly XmlNode[] {
  if (item.kind === 'attribute' || item.parent === undefined) return [];
  const all = item.parent.children;
  const at = all.indexOf(item);
  const siblings = direction > 0 ? all.slice(at + 1) : all.slice(0, at).reverse();
  return siblings.filter(isNotBlank);
}

function* around(item: XPathItem, direction: 1 | -1): Iterable<XPathItem> {
  for (let each: XPathItem | undefined = item; each !== undefined; each = parentOf(each)) {
    for (const sibling of siblingsOf(each, direction)) {
      yield sibling;
      yield* descendantsOf(sibling);
    }
  }
}
