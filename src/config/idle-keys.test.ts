import { expect, test } from 'vitest';
import { grpcServer } from './grpc.ts';
import { httpClient } from './http-client.ts';
import { httpServer } from './http-server.ts';
import { idleKeysIn } from './idle-keys.ts';
import { parseYaml } from './yaml-node.ts';

const idle = (schema: Parameters<typeof idleKeysIn>[0], yaml: string): string[] =>
  idleKeysIn(schema, parseYaml({ text: yaml, file: 'test.yaml' })).map(({ path, why }) => `${path.join('::')}: ${why}`);

test('a key without an effect is said where it asks for something', () => {
  expect(idle(httpClient(), 'read_buffer_size: 0\ncookies:\n  enabled: false\nforce_attempt_http2: true')).toEqual([]);
  expect(idle(httpClient(), 'read_buffer_size: 7\ncookies: {enabled: true}\ntimeout: 5s')).toEqual([
    'read_buffer_size: Node chooses the sizes of its buffers itself',
    'cookies::enabled: cookies are not kept',
  ]);
  expect(
    idle(grpcServer(), 'keepalive:\n  enforcement_policy:\n    min_time: 1s\n    permit_without_stream: false'),
  ).toEqual(['keepalive::enforcement_policy::min_time: clients may ping as often as they want']);
});

test('a server of pages says what it has no use for, another server uses it', () => {
  const yaml =
    'cors: {allowed_origins: ["*"]}\nmax_request_body_size: 5\ncompression_algorithms: [gzip]\ninclude_metadata: true';
  const keys = (servesPages: boolean): string[] =>
    idle(httpServer({ endpoint: 'localhost:1', servesPages }), yaml).map((line) => line.replace(/:.*/, ''));
  expect(keys(true)).toEqual(['cors', 'max_request_body_size', 'compression_algorithms', 'include_metadata']);
  expect(keys(false)).toEqual([]);
});

test('an empty block, a null and a value that is wrong are not its business', () => {
  expect(idleKeysIn(httpClient(), undefined)).toEqual([]);
  expect(idle(httpClient(), 'read_buffer_size:\nwrite_buffer_size: lots')).toEqual([]);
});
