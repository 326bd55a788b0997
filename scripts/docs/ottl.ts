import {
  CONTEXTS,
  conditionFunctions,
  enumNames,
  type FunctionTable,
  type OttlFunction,
  pathNames,
  STANDARD_FUNCTIONS,
  senderPathNames,
  signatureOf,
} from '../../src/ottl/index.ts';

import { transformFunctions } from '../../src/processors/transform/functions/index.ts';
import { table } from './markdown.ts';

/** docs/ottl.md: what statements can say, from the tables that they are compiled with. */
export function ottlPage(made: string): string {
  return `${made}

# The OpenTelemetry Transformation Language

Statements and conditions of the processors [transform](components/processors/transform.md) and [filter](components/processors/filter.md), in the
grammar of pkg/ottl of the OpenTelemetry Collector, with its functions as of 0.161.

\`\`\`
set(span.status.code, STATUS_CODE_ERROR) where span.attributes["http.response.status_code"] >= 500
\`\`\`

- A statement is an editor, and \`where\` with a condition. A condition compares values (\`==\`, \`!=\`, \`<\`, \`<=\`, \`>\`, \`>=\`), or calls a converter that
  gives a bool; \`not\`, \`and\`, \`or\` and parentheses join them.
- A value is \`nil\`, \`true\`, a number, \`0x0102\` for bytes, a text in double quotes with Go's escapes, an enum, a list \`[1, "a"]\`, a map \`{"a": 1}\`, a path, a
  converter, or a sum of these with \`+ - * /\`. A regular expression in quotes has its backslashes doubled: \`"\\\\d+"\`.
- Values of different types are not equal, and neither less nor more; whole numbers and doubles compare as numbers. A key that is not there is \`nil\`.
- Arguments can be given by name: \`flatten(attributes, depth=1)\`. Those in brackets below may be left out.
- A mistake is found when the configuration is read, with its line and column and the nearest name.

## Regular expressions

They have RE2's syntax and take time in proportion to the text, whatever the pattern. Where that can be proved for V8's engine, which is several times
faster, it runs them: src/lang/pattern/prove.ts has the proof. All others are run by RE2.

- Faster: texts and sets (\`error|warn\`, \`GET /api/v[0-9]\`), with an unbounded repeat at the very end (\`token=[^&]+\`).
- Faster with \`^\` in front: unbounded repeats that end where a character begins which they can't take (\`^/api/[^/]+/users$\`).

## Contexts and paths

A path begins with the name of what it belongs to: \`span.name\`, \`resource.attributes["service.name"]\`. Where a group names its context, paths without a
prefix belong to it. A context reaches what holds its items: a data point its metric, scope and resource, an event its span.

${contextTable()}

- Every context has \`cache\`, a map for values between the statements of a group, empty for each item.
- Of the sender, to be read only: ${senderPathNames()
    .map((name) => `\`otelcol.${name}\``)
    .join(', ')}. Metadata is there where the receiver has \`include_metadata: true\`.
- \`attributes["key"]\`, \`body["key"][0]\`, \`metadata["key"]\`, \`trace_state["key"]\` are indexed by texts, lists by whole numbers, or by whatever gives one.
- Enums: ${['span', 'datapoint', 'log']
    .map((context) =>
      enumNames(context as 'span')
        .map((name) => `\`${name}\``)
        .join(', '),
    )
    .join('; ')}.

## Editors

${functionTableOf(STANDARD_FUNCTIONS, isEditor)}

## Converters

${functionTableOf(STANDARD_FUNCTIONS, (each) => !isEditor(each))}

## Of transform alone

${functionTableOf(addedFunctions(), () => true)}

## Of filter alone

${functionTableOf(withoutStandard(conditionFunctions('metric')), () => true)}
`;
}

const isEditor = ({ name }: OttlFunction): boolean => /^[a-z]/.test(name);

function contextTable(): string {
  return table(
    ['context', 'paths'],
    CONTEXTS.map((context) => [
      `\`${context}\``,
      pathNames(context)
        .map((name) => `\`${name}\``)
        .join(' '),
    ]),
  );
}

function functionTableOf(functions: FunctionTable, isMeant: (each: OttlFunction) => boolean): string {
  const rows = Array.from(functions.values())
    .filter(isMeant)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((each) => [`\`${signatureOf(each)}\``, each.meaning + onlyIn(each)]);
  return rows.length === 0 ? 'None.' : table(['function', 'what it does'], rows);
}

function onlyIn({ contexts }: OttlFunction): string {
  return contexts === undefined ? '' : ` Only in the context ${contexts.join(', ')}.`;
}

function addedFunctions(): FunctionTable {
  return new Map(CONTEXTS.flatMap((context) => [...withoutStandard(transformFunctions(context))]));
}

function withoutStandard(functions: FunctionTable): FunctionTable {
  return new Map(Array.from(functions).filter(([name]) => !STANDARD_FUNCTIONS.has(name)));
}
