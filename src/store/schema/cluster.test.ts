import { expect, test } from 'vitest';
import { MIGRATIONS } from '../migrations/index.ts';
import {
  createTableStatement,
  createViewStatement,
  enginesOn,
  migrationsTableStatement,
  OWN_TABLES,
  TABLES,
  VIEWS,
} from './index.ts';

test('on a cluster every statement of the schema reaches all machines, on one machine none names a cluster', () => {
  const statements = (cluster: string | undefined): readonly string[] => {
    const engines = enginesOn(cluster);
    return [
      migrationsTableStatement('ours', engines),
      ...[...TABLES, ...OWN_TABLES].map((table) => createTableStatement(table, 'ours', engines)),
      ...VIEWS.map((view) => createViewStatement(view, 'ours', engines)),
      ...MIGRATIONS.flatMap(({ statements: made }) => made('ours', engines)),
    ];
  };
  expect(statements('three').filter((statement) => !statement.includes(' ON CLUSTER three'))).toEqual([]);
  expect(statements(undefined).filter((statement) => statement.includes('CLUSTER'))).toEqual([]);
});
