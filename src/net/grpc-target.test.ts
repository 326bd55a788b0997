import { expect, test } from 'vitest';
import { grpcTarget } from './grpc-target.ts';

const tcp = (host: string, port: number, authority: string, security = 'as configured'): object => ({
  kind: 'tcp',
  host,
  port,
  security,
  authority,
});

test.each([
  ['collector:4317', tcp('collector', 4317, 'collector:4317')],
  ['collector', tcp('collector', 443, 'collector:443')],
  [':4317', tcp('localhost', 4317, 'localhost:4317')],
  ['[::1]:4317', tcp('::1', 4317, '[::1]:4317')],
  ['http://collector:4317/x', tcp('collector', 4317, 'collector:4317', 'plain')],
  ['HTTPS://collector', tcp('collector', 443, 'collector:443', 'tls')],
  ['dns:///collector:1', tcp('collector', 1, 'collector:1')],
  ['dns://8.8.8.8/collector:1', tcp('collector', 1, 'collector:1')],
  ['passthrough:///collector:1', tcp('collector', 1, 'collector:1')],
  [
    'unix:///run/a.sock',
    { kind: 'unix', host: '/run/a.sock', port: 0, security: 'as configured', authority: 'localhost' },
  ],
])('%s is read as otelcol reads it', (endpoint, target) => {
  expect(grpcTarget(endpoint)).toEqual(target);
});

test.each(['', 'collector:0', 'collector:65536', '::1:4317', 'a b:1', 'ftp://collector:1', 'xds:///x'])(
  '%j is no target',
  (endpoint) => {
    expect(grpcTarget(endpoint)).toBeUndefined();
  },
);
