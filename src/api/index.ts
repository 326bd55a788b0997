export type { ServerLogger } from './logger.ts';
export { type RunningServer, type ServerOptions, startServer } from './server.ts';
