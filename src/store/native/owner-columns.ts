import type { Chunk } from '#pdata';
import { ByteSink } from './byte-sink.ts';
import type { BlockSink } from './columns.ts';
import type { DictionaryColumn } from './dictionary.ts';
import { OwnerIds } from './owner-ids.ts';
import type { Owners } from './owner-rows.ts';

/** `service_name`, `resource_id` and `scope_id` of a block's rows. */
export class OwnerColumns {
  readonly serviceName: DictionaryColumn;
  /** Not written by `write`. */
  readonly environment: DictionaryColumn;
  readonly resourceIds: ByteSink = new ByteSink();
  readonly scopeIds: ByteSink = new ByteSink();
  readonly #ids = new OwnerIds();

  constructor() {
    this.serviceName = this.#ids.serviceName;
    this.environment = this.#ids.environment;
  }

  reset(): void {
    this.#ids.reset();
    this.resourceIds.reset();
    this.scopeIds.reset();
  }

  /** Reads scopes and resources of the selected rows of a chunk, which become the rows from `firstRow` on. */
  add(chunk: Chunk, firstRow: number, owners: Owners): void {
    const { count, rows } = chunk;
    const { rowScope } = chunk.layout;
    const ids = this.#ids;
    ids.begin(chunk);
    this.serviceName.reserveRows(firstRow + count);
    this.environment.reserveRows(firstRow + count);
    const { indices } = this.serviceName;
    const environments = this.environment.indices;
    const { words } = ids;
    const resourceAt = this.resourceIds.take(count * 8);
    const scopeAt = this.scopeIds.take(count * 8);
    const resourceIds = this.resourceIds.view;
    const scopeIds = this.scopeIds.view;
    for (let i = 0; i < count; i++) {
      const word = ids.wordOf(chunk, rowScope[rows === undefined ? i : rows[i]!]!, owners);
      resourceIds.setUint32(resourceAt + i * 8, words[word]!, true);
      resourceIds.setUint32(resourceAt + i * 8 + 4, words[word + 1]!, true);
      scopeIds.setUint32(scopeAt + i * 8, words[word + 2]!, true);
      scopeIds.setUint32(scopeAt + i * 8 + 4, words[word + 3]!, true);
      indices[firstRow + i] = words[word + 4]!;
      environments[firstRow + i] = words[word + 5]!;
    }
  }

  write(sink: BlockSink, rowCount: number): void {
    sink.column('service_name', 'LowCardinality(String)');
    this.serviceName.write(sink, rowCount);
    sink.column('resource_id', 'UInt64');
    sink.refer(this.resourceIds);
    sink.column('scope_id', 'UInt64');
    sink.refer(this.scopeIds);
  }
}
