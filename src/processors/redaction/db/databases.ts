import { DATABASE_KINDS, type DatabaseConfig, type DatabaseKind } from '../config.ts';
import { sanitizeJson } from './json.ts';
import { sanitizeMemcached } from './memcached.ts';
import { sanitizeRedis } from './redis.ts';
import { sanitizeSql } from './sql.ts';

/** What `db.system.name` calls the databases of a kind. */
const SYSTEMS: Readonly<Record<DatabaseKind, readonly string[]>> = {
  sql: ['other_sql', 'mysql', 'postgresql', 'mariadb', 'sqlite'],
  redis: ['redis'],
  valkey: ['valkey'],
  memcached: ['memcached'],
  mongo: ['mongodb'],
  opensearch: ['opensearch'],
  es: ['elasticsearch'],
};

/** Takes the values out of a query; `system` is '' where it is unknown. */
type Sanitize = (query: string, system: string) => string;

const SANITIZERS: Readonly<Record<DatabaseKind, Sanitize>> = {
  sql: (query, system) => sanitizeSql(query, system === 'mysql' ? 'mysql' : 'other'),
  redis: sanitizeRedis,
  valkey: sanitizeRedis,
  memcached: sanitizeMemcached,
  mongo: sanitizeJson,
  opensearch: sanitizeJson,
  es: sanitizeJson,
};

interface Database {
  readonly sanitize: Sanitize;
  readonly systems: readonly string[];
  readonly attributes: ReadonlySet<string>;
}

/** The databases whose queries lose their values. */
export class Databases {
  readonly #databases: readonly Database[];
  /** Of logs: where no system is named, each database has its turn. */
  readonly #needsSystem: boolean;

  constructor(config: Readonly<Record<DatabaseKind, DatabaseConfig>>, needsSystem: boolean) {
    this.#needsSystem = needsSystem;
    this.#databases = DATABASE_KINDS.filter((kind) => config[kind].enabled).map((kind) => ({
      sanitize: SANITIZERS[kind],
      systems: SYSTEMS[kind],
      attributes: new Set(config[kind].attributes),
    }));
  }

  get isEmpty(): boolean {
    return this.#databases.length === 0;
  }

  /** Whether an attribute is one that holds queries, of some of them. */
  hasAttribute(key: string): boolean {
    return this.#databases.some(({ attributes }) => attributes.has(key));
  }

  /** A query in an attribute, beside which stands the system. */
  attribute(query: string, key: string, system: string): string {
    if (system === '' && !this.#needsSystem) {
      let result = query;
      for (const { attributes, sanitize } of this.#databases) if (attributes.has(key)) result = sanitize(result, '');
      return result;
    }
    const database = this.#databases.find(({ systems, attributes }) => systems.includes(system) && attributes.has(key));
    return database === undefined ? query : database.sanitize(query, system);
  }

  /** The name of a span that called the system. */
  spanName(name: string, system: string): string {
    return this.#databases.find(({ systems }) => systems.includes(system))?.sanitize(name, system) ?? name;
  }

  /** A text that may be a query of any of them. */
  body(text: string): string {
    let result = text;
    for (const { sanitize } of this.#databases) result = sanitize(result, '');
    return result;
  }
}
