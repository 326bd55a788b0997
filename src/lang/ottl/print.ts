import type { OttlCall, OttlCondition, OttlField, OttlKey, OttlStatement, OttlValue } from './tree.ts';

/** Tree to text: what the parser reads back as the same tree. Parentheses stand where they are needed. */
export function printOttlStatement(statement: OttlStatement): string {
  const where = statement.where === undefined ? '' : ` where ${printOttlCondition(statement.where)}`;
  return `${printOttlValue(statement.editor)}${where}`;
}

export function printOttlCondition(condition: OttlCondition): string {
  switch (condition.kind) {
    case 'or':
      return condition.items.map((item) => grouped(item, item.kind === 'or')).join(' or ');
    case 'and':
      return condition.items.map((item) => grouped(item, item.kind === 'or' || item.kind === 'and')).join(' and ');
    case 'not':
      return `not ${grouped(condition.operand, ['or', 'and', 'not'].includes(condition.operand.kind))}`;
    case 'constant':
      return String(condition.value);
    case 'test':
      return printOttlValue(condition.call);
    case 'comparison':
      return `${printOttlValue(condition.left)} ${condition.operator} ${printOttlValue(condition.right)}`;
  }
}

function grouped(condition: OttlCondition, needsGroup: boolean): string {
  return needsGroup ? `(${printOttlCondition(condition)})` : printOttlCondition(condition);
}

export function printOttlValue(value: OttlValue): string {
  switch (value.kind) {
    case 'nil':
      return 'nil';
    case 'text':
      return quotedOttl(value.value);
    case 'bool':
    case 'int':
      return String(value.value);
    case 'double':
      return printDouble(value.value);
    case 'bytes':
      return `0x${Array.from(value.value, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    case 'enum':
    case 'function':
      return value.name;
    case 'list':
      return `[${value.items.map(printOttlValue).join(', ')}]`;
    case 'map':
      return `{${value.entries.map((entry) => `${quotedOttl(entry.key)}: ${printOttlValue(entry.value)}`).join(', ')}}`;
    case 'path':
      return value.fields.map(printField).join('.');
    case 'call':
      return printCall(value);
    case 'sign':
      return `${value.operator}${operand(value.operand, ['math', 'sign'].includes(value.operand.kind))}`;
    case 'math':
      return printMath(value);
    case 'lambda': {
      const body = 'value' in value.body ? printOttlValue(value.body.value) : printOttlCondition(value.body.condition);
      return `(${value.parameters.join(', ')}) => ${body}`;
    }
  }
}

function printMath(value: OttlValue & { kind: 'math' }): string {
  const binds = value.operator === '*' || value.operator === '/';
  const left = operand(value.left, binds && isSum(value.left));
  const right = operand(value.right, value.right.kind === 'math' && (binds || isSum(value.right)));
  return `${left} ${value.operator} ${right}`;
}

function isSum(value: OttlValue): boolean {
  return value.kind === 'math' && (value.operator === '+' || value.operator === '-');
}

function operand(value: OttlValue, needsGroup: boolean): string {
  return needsGroup ? `(${printOttlValue(value)})` : printOttlValue(value);
}

function printCall(call: OttlCall): string {
  const values = call.arguments.map(
    ({ name, value }) => `${name === undefined ? '' : `${name}=`}${printOttlValue(value)}`,
  );
  return `${call.name}(${values.join(', ')})${printKeys(call.keys)}`;
}

function printField(field: OttlField): string {
  return `${field.name}${printKeys(field.keys)}`;
}

function printKeys(keys: readonly OttlKey[]): string {
  return keys.map((key) => `[${printOttlValue(key.value)}]`).join('');
}

/** Digits with a point, as the lexer wants them. */
function printDouble(value: number): string {
  const text = String(value);
  if (/[.]/.test(text)) return text;
  return text.includes('e') ? text.replace('e', '.0e') : `${text}.0`;
}

/** A text in quotes, with what must be escaped escaped. */
function quotedOttl(text: string): string {
  return JSON.stringify(text).replace(/\\u([0-9a-f]{4})/g, (all, digits: string) =>
    /^d[89a-f]/.test(digits) ? '\ufffd' : all,
  );
}
