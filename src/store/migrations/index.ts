import type { Migration } from '../schema.ts';
import { MIGRATION_1 } from './0001-tables.ts';
import { MIGRATION_2 } from './0002-sweeper.ts';

/** All of them, in order. Each is frozen text: a change of a table is a new one, and schema.ts says what all of them together make. */
export const MIGRATIONS: readonly Migration[] = [MIGRATION_1, MIGRATION_2];
