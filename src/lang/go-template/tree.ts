/** The syntax tree of a template. `at` is where a node begins in its text, in UTF-16 units. */

export interface ListNode {
  readonly kind: 'list';
  readonly at: number;
  readonly nodes: readonly StatementNode[];
}

export type StatementNode =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipe: PipeNode }
  | ControlNode
  | { readonly kind: 'template'; readonly at: number; readonly name: string; readonly pipe: PipeNode | undefined }
  | { readonly kind: 'break' | 'continue'; readonly at: number };

export interface ControlNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly at: number;
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList: ListNode | undefined;
}

export interface PipeNode {
  readonly kind: 'pipe';
  readonly at: number;
  readonly declared: readonly VariableNode[];
  /** `=` instead of `:=`. */
  readonly isAssign: boolean;
  readonly commands: readonly CommandNode[];
}

export interface CommandNode {
  readonly kind: 'command';
  readonly at: number;
  readonly args: readonly ArgNode[];
}

export interface VariableNode {
  readonly kind: 'variable';
  readonly at: number;
  /** `$x`, then its fields. */
  readonly names: readonly string[];
}

export interface FieldNode {
  readonly kind: 'field';
  readonly at: number;
  readonly names: readonly string[];
}

export interface ChainNode {
  readonly kind: 'chain';
  readonly at: number;
  readonly base: ArgNode;
  readonly names: readonly string[];
}

export interface IdentifierNode {
  readonly kind: 'identifier';
  readonly at: number;
  readonly name: string;
}

export interface NumberNode {
  readonly kind: 'number';
  readonly at: number;
  readonly text: string;
  /** Where the number is whole. */
  readonly int: bigint | undefined;
  readonly float: number;
}

export interface StringNode {
  readonly kind: 'string';
  readonly at: number;
  readonly quoted: string;
  readonly text: string;
}

export type ArgNode =
  | FieldNode
  | ChainNode
  | IdentifierNode
  | VariableNode
  | PipeNode
  | NumberNode
  | StringNode
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'dot' | 'nil'; readonly at: number };

export type AnyNode = ListNode | StatementNode | CommandNode | ArgNode;

/** One template: of a file, or of a `define` or `block` in it. */
export interface Template {
  readonly name: string;
  /** Of the text that it stands in, for errors. */
  readonly textName: string;
  readonly text: string;
  readonly root: ListNode;
}

/** A node as Go writes it in errors. */
export function printNode(node: AnyNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(printNode).join('');
    case 'text':
      return node.text;
    case 'action':
      return `{{${printNode(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${printNode(node.elseList)}`;
      return `{{${node.kind} ${printNode(node.pipe)}}}${printNode(node.list)}${otherwise}{{end}}`;
    }
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'pipe': {
      const declared = node.declared.map(printNode).join(', ');
      const assign = declared === '' ? '' : `${declared} ${node.isAssign ? '=' : ':='} `;
      return assign + node.commands.map(printNode).join(' | ');
    }
    case 'command':
      return node.args.map(printArg).join(' ');
    default:
      return printOperand(node);
  }
}

function printArg(node: ArgNode): string {
  return node.kind === 'pipe' ? `(${printNode(node)})` : printNode(node);
}

function printOperand(node: Exclude<ArgNode, PipeNode>): string {
  switch (node.kind) {
    case 'field':
      return node.names.map((name) => `.${name}`).join('');
    case 'chain':
      return printArg(node.base) + node.names.map((name) => `.${name}`).join('');
    case 'variable':
      return node.names.join('.');
    case 'identifier':
      return node.name;
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'bool':
      return String(node.value);
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
  }
}
