import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineProcess, spawnEngine } from '#engine';
import { type StoreEndpoint, storeEndpoint } from '../endpoint.ts';
import { DEFAULT_RETENTION, prepareStore } from '../migrate.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { createTableStatement, SINGLE_MACHINE, sqlViewStatements, TABLES } from '../schema/index.ts';
import { copyTemplate } from './engine-template.ts';

/** An engine of its own, without any table of ours. */
export interface TestEngine {
  readonly endpoint: StoreEndpoint;
  readonly engine: EngineProcess;
  /** Its data folder. */
  readonly dataDir: string;
  /** The raw answer of a statement. Throws with the engine's text where it fails. */
  query(sql: string): Promise<Uint8Array>;
  /** The answer as text without its last line break. */
  text(sql: string): Promise<string>;
  close(): Promise<void>;
}

/** An engine of its own with an empty store, for one test file. */
export type TestStore = TestEngine;

/** Statements go to `database`. */
export async function spawnTestEngine(
  database = 'default',
  dataDir: string = mkdtempSync(join(tmpdir(), 'signalbox-store-')),
): Promise<TestEngine> {
  const engine = await spawnEngine({ dataDir });
  const endpoint = endpointOf(engine);
  const query = async (sql: string): Promise<Uint8Array> => {
    // As migrate.ts makes tables.
    const url = `${engine.address}/?database=${database}&allow_suspicious_low_cardinality_types=1`;
    const response = await fetch(url, { method: 'POST', body: sql, headers: headersOf(engine) });
    const body = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new Error(Buffer.from(body).toString('utf8'));
    return body;
  };
  return {
    endpoint,
    engine,
    dataDir,
    query,
    text: async (sql) =>
      Buffer.from(await query(sql))
        .toString('utf8')
        .trimEnd(),
    async close() {
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function startTestStore(): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-store-'));
  await copyTemplate(dataDir, schemaStatements(), (engine) =>
    prepareStore({ endpoint: endpointOf(engine), retention: DEFAULT_RETENTION }),
  );
  return await spawnTestEngine(DATABASE, dataDir);
}

const DATABASE = 'signalbox';

function endpointOf(engine: EngineProcess): StoreEndpoint {
  return storeEndpoint({ url: engine.address, database: DATABASE, ...engine.access.signalbox });
}

/** All that an empty store is made of. */
function schemaStatements(): string[] {
  return [
    ...MIGRATIONS.flatMap(({ statements }) => statements(DATABASE, SINGLE_MACHINE)),
    ...TABLES.map((table) => createTableStatement(table, DATABASE, SINGLE_MACHINE)),
    ...sqlViewStatements(DATABASE, SINGLE_MACHINE).map(({ statement }) => statement),
    JSON.stringify(DEFAULT_RETENTION),
  ];
}

/** As the user who may write. */
export function headersOf({ access }: EngineProcess): Record<string, string> {
  return { 'X-ClickHouse-User': access.signalbox.username, 'X-ClickHouse-Key': access.signalbox.password };
}
