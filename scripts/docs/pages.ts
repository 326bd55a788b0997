import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Factory } from '../../src/component/index.ts';
import { keyRows, namedBlocks, type Schema, serviceSchema, signalboxSchema } from '../../src/config/index.ts';
import { builtinDashboards } from '../../src/dashboards/index.ts';
import { components } from '../../src/main/components.ts';
import { keyTable, table, withKeys } from './markdown.ts';
import { ottlPage } from './ottl.ts';
import { sqlPage } from './sql.ts';

/** Documents that are made from the factories and schemas: the tables in the components' READMEs, and the pages of docs/components. */

const ROOT = join(import.meta.dirname, '../..');
const MADE = '<!-- Made by npm run docs. Change the factory or the schema instead. -->';
const KINDS = ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const;

/** What each of these files must hold, by its path in the repository. */
export async function madeDocuments(): Promise<ReadonlyMap<string, string>> {
  const factories = await Promise.all(components.sources.map((source) => source.load()));
  factories.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.type < b.type ? -1 : 1));
  const made = new Map<string, string>();
  for (const factory of factories) {
    const readme = `src/${folderOf(factory)}/README.md`;
    const rows = keyRows(schemaOf(factory));
    const keys = keyTable(rows, '../../../docs/components/blocks.md');
    made.set(readme, withKeys(readFileSync(join(ROOT, readme), 'utf8'), keys, readme));
    made.set(`docs/components/${folderOf(factory)}.md`, componentPage(factory));
  }
  made.set('docs/components/README.md', index(factories));
  made.set('docs/components/absent.md', absentPage());
  made.set('docs/components/blocks.md', blocksPage(factories));
  made.set('docs/components/service.md', servicePage());
  made.set('docs/ottl.md', ottlPage(MADE));
  made.set('docs/sql.md', sqlPage(MADE));
  for (const { file, text } of builtinDashboards()) made.set(`examples/dashboards/${file}`, text);
  return made;
}

const folderOf = ({ kind, type }: Factory): string => `${kind}s/${type}`;
const schemaOf = ({ schema }: Factory): Schema<unknown> => schema as Schema<unknown>;

function componentPage(factory: Factory): string {
  const { type, kind, aliases = [], description } = factory;
  const older = aliases.length === 0 ? '' : ` Older names: ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`;
  return `${MADE}

# ${type} ${kind}

${withStop(description)}

Stability: ${stabilityOf(factory)}.${older} How it behaves: [README](../../../src/${folderOf(factory)}/README.md).

${keyTable(keyRows(schemaOf(factory)), '../blocks.md')}
`;
}

function stabilityOf(factory: Factory): string {
  if (factory.kind === 'extension') return factory.stability;
  if (factory.kind === 'connector') {
    return factory.stability.map(({ from, to, stability }) => `${from} to ${to} ${stability}`).join(', ');
  }
  return Object.entries(factory.stability)
    .map(([signal, stability]) => `${signal} ${stability}`)
    .join(', ');
}

const withStop = (text: string): string => (text.endsWith('.') ? text : `${text}.`);

function index(factories: readonly Factory[]): string {
  const rows = factories.map((factory) => [
    factory.kind,
    `[\`${factory.type}\`](${folderOf(factory)}.md)`,
    withStop(factory.description),
    stabilityOf(factory),
  ]);
  return `${MADE}

# Components

${table(['kind', 'type', 'what it does', 'stability'], rows)}

[Types of otelcol-contrib](absent.md) that Signalbox does not have, with the reason for each.

[Blocks](blocks.md) that many of them have, such as \`tls\`; the keys of [service and signalbox](service.md).

\`signalbox schema\` prints all of this as JSON Schema. An editor that knows YAML checks a configuration against it while it is written: save it
as \`signalbox.schema.json\` and put \`# yaml-language-server: $schema=signalbox.schema.json\` on the first line of the configuration.
`;
}

function absentPage(): string {
  const rows = KINDS.flatMap((kind) =>
    components.absent
      .filter((absent) => absent.kind === kind)
      .sort((a, b) => (a.type < b.type ? -1 : 1))
      .map(({ type, reason }) => [kind, `\`${type}\``, reason]),
  );
  return `${MADE}

# What is not there

Types of components that otelcol-contrib 0.159 has and Signalbox does not. A configuration that uses one is refused with its reason; the other
parts of the configuration are checked all the same.

${table(['kind', 'type', 'here'], rows)}
`;
}

function blocksPage(factories: readonly Factory[]): string {
  const blocks = new Map<string, Schema<unknown>>();
  for (const factory of factories) namedBlocks(schemaOf(factory), blocks);
  const sections = [...blocks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, schema]) => `## ${name}

${keyTable(keyRows(schema), '')}
`,
    );
  return `${MADE}

# Blocks

What several keys of the [components](README.md) have inside.

${sections.join('\n')}`;
}

function servicePage(): string {
  return `${MADE}

# service and signalbox

What a configuration has besides its [components](README.md).

## service

${keyTable(keyRows(serviceSchema), 'blocks.md')}

## signalbox

What otelcol has no word for. Flags and environment variables go before it.

${keyTable(keyRows(signalboxSchema), 'blocks.md')}
`;
}
