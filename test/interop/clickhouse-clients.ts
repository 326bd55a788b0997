import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from './report.ts';
import { engineAccess, type Signalbox } from './signalbox.ts';

/** Clients of ClickHouse that others wrote, with their default settings, as both users of the store. */

const HERE = import.meta.dirname;
const WORK = join(HERE, '.work');
const run = promisify(execFile);

interface Client {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What the client itself compresses its inserts with. */
  readonly codings: readonly string[];
}

const CLIENTS: readonly Client[] = [
  {
    name: 'clickhouse-connect',
    command: join(WORK, 'venv/bin/python'),
    args: [join(HERE, 'clickhouse/connect.py')],
    codings: ['True', 'lz4', 'zstd', 'gzip', 'False'],
  },
  {
    name: 'JDBC',
    command: 'java',
    args: ['-cp', `${join(WORK, 'jdbc')}:${join(WORK, 'jdbc/*')}`, 'Jdbc'],
    codings: [],
  },
];

/** READONLY and ACCESS_DENIED. */
const REFUSED = /^(164|497)$/;

export async function checkClickHouseClients(report: Report, signalbox: Signalbox): Promise<void> {
  for (const client of CLIENTS) {
    if (client.command === 'java' && !existsSync(join(WORK, 'jdbc/Jdbc.class'))) {
      report.skip('JDBC', 'it needs javac and Maven');
      continue;
    }
    for (const mode of ['read', 'write'] as const) {
      const { username, password } = engineAccess(signalbox.dataDir, mode);
      await report.check(`${client.name} with its default settings as ${username}`, async () => {
        const { stdout } = await run(client.command, [...client.args, signalbox.engineUrl, username, password, mode], {
          timeout: 120_000,
        });
        const saw = new Map(stdout.split('\n').map((line) => line.split('\t') as [string, string]));
        assert.match(saw.get('version') ?? '', /^\d+\.\d+/);
        for (const name of ['tables', 'spans']) assert.match(saw.get(name) ?? '', /^(true|True|1)$/, name);
        assert.equal(saw.get('rows'), '200000 19999900000');
        assert.equal(saw.get('error'), '47');
        if (mode === 'read') {
          for (const name of ['insert', 'drop']) assert.match(saw.get(name) ?? '', REFUSED, name);
          return;
        }
        const times = Math.max(1, client.codings.length);
        for (const coding of client.codings) assert.equal(saw.get(`inserted with ${coding}`), '1000', coding);
        assert.equal(saw.get('written'), `${1000 * times} ${499_500 * times} it's \\ 999`);
      });
    }
  }
}
