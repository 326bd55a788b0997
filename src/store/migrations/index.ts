import type { Migration } from '../schema/index.ts';
import { MIGRATION_3 } from './0003-tables.ts';
import { MIGRATION_4 } from './0004-notes.ts';
import { MIGRATION_5 } from './0005-trace-times.ts';

/** All of them, in order. Each is frozen text: a change of a table is a new one, and ../schema says what all of them together make. */
export const MIGRATIONS: readonly Migration[] = [MIGRATION_3, MIGRATION_4, MIGRATION_5];
