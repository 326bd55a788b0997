import { describe, expect, test } from 'vitest';
import { ComponentRegistry, type ComponentSource } from './registry.ts';

const source = (kind: ComponentSource['kind'], type: string, aliases?: readonly string[]): ComponentSource => ({
  kind,
  type,
  ...(aliases && { aliases }),
  load: () => Promise.reject(new Error('not loaded by looking')),
});
const http = source('exporter', 'otlp_http', ['otlphttp']);
const registry = new ComponentRegistry(
  [http, source('exporter', 'debug'), source('receiver', 'otlp')],
  [{ kind: 'exporter', type: 'jaeger', advice: 'use otlp_grpc' }],
  [
    { kind: 'receiver', type: 'kafka', reason: 'it is not written yet' },
    { kind: 'receiver', type: 'otlp', reason: 'it was not, when this was listed' },
  ],
);

describe('a registry', () => {
  test.each([
    { kind: 'exporter', type: 'otlp_http', found: http },
    { kind: 'exporter', type: 'otlphttp', found: http },
    { kind: 'receiver', type: 'otlp_http', found: undefined },
    { kind: 'exporter', type: 'constructor', found: undefined },
  ] as const)('finds $kind $type by kind and by today’s or an older name', ({ kind, type, found }) => {
    expect(registry.find(kind, type)).toBe(found);
  });

  test('lists the types of a kind in order, without older names', () => {
    expect(registry.types('exporter')).toEqual(['debug', 'otlp_http']);
    expect(registry.types('connector')).toEqual([]);
  });

  test('knows what to write in place of a type that is gone', () => {
    expect(registry.adviceFor('exporter', 'jaeger')).toBe('use otlp_grpc');
    expect(registry.adviceFor('receiver', 'jaeger')).toBeUndefined();
  });

  test('knows what others have and it lacks, without what has come since', () => {
    expect(registry.absent.map(({ type }) => type)).toEqual(['kafka']);
  });
});
