/** An engine whose only user may do no more than given GRANT statements say: ClickHouse itself judges what is sent to it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineProcess, printGrants, spawnEngine } from '#engine';

/** What the engine's own way of working needs and a server does not: the database that connections begin in, and data by way of files. */
const OWN_GRANTS = ['GRANT CREATE DATABASE, DROP DATABASE ON default.*', 'GRANT READ, WRITE ON FILE'];

/** Of the lines that `signalbox store grants` prints, what a user is granted, as ClickHouse's users.xml takes it. */
export function grantsOf(user: 'signalbox' | 'reader'): readonly string[] {
  return printGrants({ database: 'signalbox', writerPassword: 'w', readerPassword: 'r' })
    .map((line) => /^(GRANT .*) TO ([\w, ]+);$/.exec(line))
    .flatMap((match) => (match !== null && match[2]!.split(', ').includes(user) ? [match[1]!] : []));
}

export interface GrantedEngine {
  readonly dataDir: string;
  /** Ends the engine where one runs, and starts it with other grants. */
  restart(grants: readonly string[]): Promise<EngineProcess>;
  close(): Promise<void>;
}

export function grantedEngine(): GrantedEngine {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-grants-'));
  let engine: EngineProcess | undefined;
  return {
    dataDir,
    async restart(grants) {
      await engine?.stop();
      // ClickHouse merges the files of this folder into the engine's configuration file, engine.xml.
      mkdirSync(join(dataDir, 'engine.d'), { recursive: true });
      const usersPath = join(dataDir, 'users.xml');
      writeFileSync(usersPath, printUsers([...OWN_GRANTS, ...grants]));
      writeFileSync(
        join(dataDir, 'engine.d', 'users.xml'),
        `<clickhouse><users_config>${usersPath}</users_config></clickhouse>\n`,
      );
      engine = await spawnEngine({ dataDir });
      return engine;
    },
    async close() {
      await engine?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function printUsers(grants: readonly string[]): string {
  const queries = grants.map((grant) => `<query>${grant}</query>`).join('');
  return `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants>${queries}</grants>
  </default></users>
</clickhouse>
`;
}
