/**
 * chDB opens `default` as an overlay that also takes the names of files for tables. A plain database takes its place, as
 * on a server; so `SELECT * FROM '/etc/passwd'` finds nothing, and its tables have ids of their own.
 */
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Runner } from './runner.ts';

/**
 * To be called before chDB opens the folder. The overlay takes its id from the link `metadata/default`, and only a database
 * with that id can be attached in its place. ClickHouse makes the link with the database's first table: without it, the
 * database is empty (then it is made anew) or the link was lost (then it is set again).
 */
export function mendDefaultDatabase(clickhousePath: string): void {
  const metadata = join(clickhousePath, 'metadata');
  const definition = join(metadata, 'default.sql');
  const link = join(metadata, 'default');
  if (!existsSync(definition) || existsSync(link)) return;
  const id = /UUID '([0-9a-f-]{36})'/.exec(readFileSync(definition, 'utf8'))?.[1];
  const store = id === undefined ? undefined : join(clickhousePath, 'store', id.slice(0, 3), id);
  rmSync(link, { force: true });
  if (store !== undefined && existsSync(store) && readdirSync(store).length > 0) symlinkSync(store, link);
  else rmSync(definition);
}

/** To be called when chDB is open. The tables live on in the folder; the overlay itself is new at each start. */
export async function replaceDefaultDatabase(clickhousePath: string, runner: Runner): Promise<void> {
  const engine = await runner.ask("SELECT engine FROM system.databases WHERE name = 'default'");
  if (engine.trim() === 'Atomic') return;
  const isKnown = existsSync(join(clickhousePath, 'metadata', 'default.sql'));
  // In one go: no connection can be opened while there is no `default`.
  await runner.ask(
    `DETACH DATABASE default; ${isKnown ? 'ATTACH DATABASE default' : 'CREATE DATABASE default ENGINE = Atomic'}`,
  );
}
