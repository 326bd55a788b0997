import type { Migration } from '../schema/index.ts';
import { MIGRATION_3 } from './0003-tables.ts';
import { MIGRATION_4 } from './0004-notes.ts';
import { MIGRATION_5 } from './0005-trace-times.ts';
import { MIGRATION_6 } from './0006-documents.ts';
import { MIGRATION_7 } from './0007-points.ts';
import { MIGRATION_8 } from './0008-wide-parts.ts';
import { MIGRATION_9 } from './0009-exact-counts.ts';
import { MIGRATION_10 } from './0010-calls.ts';

/** All of them, in order. Each is frozen text: a change of a table is a new one, and ../schema says what all of them together make. */
export const MIGRATIONS: readonly Migration[] = [
  MIGRATION_3,
  MIGRATION_4,
  MIGRATION_5,
  MIGRATION_6,
  MIGRATION_7,
  MIGRATION_8,
  MIGRATION_9,
  MIGRATION_10,
];
