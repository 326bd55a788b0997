/** Where the server's own messages go. */
import { inspect } from 'node:util';
import type { FastifyBaseLogger } from 'fastify';

export interface ServerLogger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Warnings and errors to stderr, one line each; the rest is quiet. */
export const stderrLogger: ServerLogger = {
  info: () => undefined,
  warn: (message) => process.stderr.write(`signalbox server: ${message}\n`),
  error: (message) => process.stderr.write(`signalbox server: ${message}\n`),
};

/** The framework's logger in terms of ours: it calls with an object, a text, or both. */
export function frameworkLogger(logger: ServerLogger): FastifyBaseLogger {
  const quiet = (): void => undefined;
  const line = (first: unknown, second?: unknown): string => {
    if (typeof first === 'string') return first;
    const { err, url } = (first ?? {}) as { err?: unknown; url?: unknown };
    const text = typeof second === 'string' ? second : '';
    return [text, url, inspect(err ?? first, { depth: 4 })].filter(Boolean).join(' ');
  };
  const own: FastifyBaseLogger = {
    level: 'info',
    trace: quiet,
    debug: quiet,
    info: quiet,
    silent: quiet,
    warn: (first: unknown, second?: unknown) => logger.warn(line(first, second)),
    error: (first: unknown, second?: unknown) => logger.error(line(first, second)),
    fatal: (first: unknown, second?: unknown) => logger.error(line(first, second)),
    child: () => own,
  };
  return own;
}
