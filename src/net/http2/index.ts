export { Http2ClientConnection } from './client-connection.ts';
export { encodeHeaders, type SentHeaders } from './header-encoder.ts';
export type { Http2Headers } from './header-list.ts';
export { HTTP2_ERROR } from './protocol.ts';
export { Http2ServerConnection } from './server-connection.ts';
export type { Http2Stream, StreamReceiver } from './stream.ts';
