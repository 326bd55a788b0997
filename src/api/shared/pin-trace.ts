import { messageOf } from '#base';
import { findPlaces, QueryError, type ReadOptions, type StoreReader } from '#query';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds } from '../http/plugin.ts';

/** Of a server that only reads, in Jaeger's words. */
export function noPins(): AnswerError {
  return new AnswerError(500, 'no_archive', 'archive span storage was not configured');
}

/** Pins a trace, so that it outlives the retention. Resolves when that is on disk. */
export async function pinTrace(
  { pins }: ApiNeeds,
  reader: StoreReader,
  traceId: string,
  options: ReadOptions,
): Promise<void> {
  if (pins === undefined) throw noPins();
  const found = await findPlaces(reader, [traceId], options);
  if (found.length === 0) throw new QueryError('not_found', 'trace not found');
  try {
    await pins.of(reader.tenant).pin(traceId);
  } catch (error) {
    throw new QueryError('store_unavailable', `failed to archive trace: ${messageOf(error)}`, { cause: error });
  }
}
