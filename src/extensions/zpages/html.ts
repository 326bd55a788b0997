/** Tables on a plain page, readable in the dark and without a script. */

export type Cell = string | number | boolean | readonly string[];

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Said instead of a table without rows. */
  readonly empty: string;
}

const STYLE =
  ':root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:72rem}' +
  'nav a{margin-right:1rem}table{border-collapse:collapse;margin:.5rem 0 1.5rem}' +
  'th,td{text-align:left;vertical-align:top;padding:.25rem .75rem;border-bottom:1px solid #8884}h2{font-size:1rem}';

/** A whole page. `links` are shown on top, as [path, name]. */
export function htmlPage(
  title: string,
  links: readonly (readonly [string, string])[],
  tables: readonly Table[],
): string {
  const nav = links.map(([path, name]) => `<a href="${escapeHtml(path)}">${escapeHtml(name)}</a>`).join('');
  const body = tables.map(htmlTable).join('');
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>` +
    `<style>${STYLE}</style></head><body><nav>${nav}</nav><h1>${escapeHtml(title)}</h1>${body}</body></html>\n`
  );
}

function htmlTable(table: Table): string {
  const title = `<h2>${escapeHtml(table.title)}</h2>`;
  if (table.rows.length === 0) return `${title}<p>${escapeHtml(table.empty)}</p>`;
  const head = table.columns.map((column) => `<th>${escapeHtml(column)}</th>`).join('');
  const rows = table.rows.map((row) => `<tr>${row.map((cell) => `<td>${cellHtml(cell)}</td>`).join('')}</tr>`);
  return `${title}<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function cellHtml(cell: Cell): string {
  return Array.isArray(cell) ? cell.map(escapeHtml).join('<br>') : escapeHtml(String(cell));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
