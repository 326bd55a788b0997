import { expect, test } from 'vitest';
import { loadConfig } from '#config';
import { otlpAddresses, otlpPorts } from './otlp-addresses.ts';

const rootOf = async (text: string) => (await loadConfig({ uris: [`yaml:${text}`], sets: [] })).root;
const service = (ids: string) => `service: {pipelines: {traces: {receivers: [${ids}], exporters: [debug]}}}`;

test.each([
  [
    'addresses of its own',
    `receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:14317"}, http: {endpoint: "[::]:14318"}}}}\n${service('otlp')}`,
    { grpcPort: 14_317, httpPort: 14_318 },
  ],
  [
    'none given',
    `receivers: {otlp: {protocols: {grpc: , http: {endpoint: }}}}\n${service('otlp')}`,
    { grpcPort: 4317, httpPort: 4318 },
  ],
  [
    'one protocol',
    `receivers: {otlp/a: {protocols: {http: {endpoint: "127.0.0.1:1"}}}}\n${service('otlp/a')}`,
    { httpPort: 1 },
  ],
  [
    'a receiver that no pipeline uses',
    `receivers: {otlp/off: {protocols: {grpc: {endpoint: "h:1"}}}, otlp/on: {protocols: {grpc: {endpoint: "h:2"}}}}\n${service('otlp/on')}`,
    { grpcPort: 2 },
  ],
  ['a port of chance', `receivers: {otlp: {protocols: {grpc: {endpoint: "h:0"}}}}\n${service('otlp')}`, {}],
  ['other receivers only', `receivers: {otlphttp: }\n${service('otlphttp')}`, {}],
  ['no receivers', 'signalbox: {data_dir: /nowhere}', {}],
])('the ports that take OTLP: %s', async (_name, text, ports) => {
  expect(otlpPorts(otlpAddresses(await rootOf(text)))).toEqual(ports);
});
