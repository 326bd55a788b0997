import { EXPORTER_VIEWS, SQL_VIEWS } from '../../src/store/schema/index.ts';
import { table } from './markdown.ts';

/** The page of what can be asked in SQL: the views, with what each column is. */
export function sqlPage(made: string): string {
  const views = SQL_VIEWS.map(
    ({ name, text, columns }) => `## ${name}

${text[0]!.toUpperCase()}${text.slice(1)}.

${table(
  ['column', 'type', 'what it is'],
  columns.map((column) => [`\`${column.name}\``, `\`${column.type}\``, column.text]),
)}`,
  );
  return `${made}

# What can be asked in SQL

[How to ask](queries.md#sql). Times are UTC, durations milliseconds, ids lower-case hex digits. Attributes are maps of texts:
\`attributes['order.id']\` is empty
where there is none, \`toFloat64OrNull(attributes['size'])\` a number. \`DESCRIBE spans\` says the same as these tables.

Conditions on \`time\`, \`service\` and, of metrics, \`name\` reach the indexes of the tables below; with a condition on \`time\` a query reads what
it needs. Columns
that a query does not name cost nothing.

${views.join('\n\n')}

## As otelcol's clickhouseexporter has them

${EXPORTER_VIEWS.map((name) => `\`${name}\``).join(', ')}: queries that were written for the tables of the exporter work as they are, here and on the
store's own
port. They are views, so what the exporter's tables have for speed alone (materialized columns, projections) is not there. Where such a query names a
database, it is \`default\` or none.

## The tables below

The views stand in the database \`signalbox_views\`; the tables that they are made of in \`signalbox\` can be asked too: \`SELECT … FROM
signalbox.spans\`. There
attributes are a JSON column, of which a query reads the files of the keys that it names: over many millions of spans
\`signalbox.spans.attributes.\\\`order.id\\\`\` is faster than the map. Ids are bytes there (\`unhex('…')\`), and what a table is called may change
with a new version.
`;
}
