import { messageOf } from '#base';

/** What went wrong on a connection, in words: OpenSSL's and Node's own messages of some errors are empty or full of addresses. */
export function networkMessage(error: unknown): string {
  // Node tried several addresses of a name; the error itself has no message.
  if (error instanceof AggregateError) return [...new Set(error.errors.map(networkMessage))].join('; ');
  const { reason, library } = error as { reason?: unknown; library?: unknown };
  return library !== undefined && typeof reason === 'string' ? `TLS: ${reason}` : messageOf(error);
}
