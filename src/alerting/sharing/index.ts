/** Several servers on one store: who evaluates which rules, and who tells receivers. */
export type { SharedDocuments } from './documents.ts';
export { SharedServer, type SharedServerOptions } from './shared-server.ts';
