import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { componentSuite, type SuiteOptions } from '#component/testing.ts';
import { components } from './components.ts';

/** What the suite needs to know of a component; most need nothing. Keyed by `kind type`. */
const OPTIONS: Readonly<Record<string, SuiteOptions>> = {
  'receiver otlp': {
    config: { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } },
    emptyError: 'must specify at least one protocol when using the OTLP receiver',
  },
  'extension health_check': { config: { endpoint: '127.0.0.1:0' } },
  'extension zpages': { config: { endpoint: '127.0.0.1:0' } },
  'exporter otlp_grpc': {
    config: { endpoint: '127.0.0.1:1', tls: { insecure: true } },
    emptyError: 'requires a non-empty "endpoint"',
  },
  'exporter signalbox': { stateDir: mkdtempSync(join(tmpdir(), 'signalbox-suite-')) },
  'exporter otlp_http': {
    config: { endpoint: 'http://127.0.0.1:1' },
    emptyError: 'at least one endpoint must be specified',
  },
  'processor attributes': {
    config: { actions: [{ key: 'secret', action: 'delete' }] },
    emptyError: 'missing required field "actions"',
  },
  'processor memory_limiter': {
    config: { check_interval: '1s', limit_mib: 100_000 },
    emptyError: "'check_interval' must be greater than zero",
  },
  'processor tail_sampling': {
    config: { decision_wait: '1s', policies: [{ name: 'all', type: 'always_sample' }] },
    emptyError: 'at least one policy is required',
    passesErrors: false,
  },
};

afterAll(() => {
  for (const { stateDir } of Object.values(OPTIONS)) if (stateDir !== undefined) rmSync(stateDir, { recursive: true });
});

describe('the list of components', () => {
  test.each(components.sources.map((source) => [`${source.kind} ${source.type}`, source] as const))(
    '%s is named as its factory is',
    async (_name, source) => {
      const factory = await source.load();
      expect({ kind: source.kind, type: source.type, aliases: source.aliases ?? [] }).toEqual({
        kind: factory.kind,
        type: factory.type,
        aliases: factory.aliases ?? [],
      });
    },
  );

  test('the suite has options for no component that does not exist', () => {
    const known = new Set(components.sources.map((source) => `${source.kind} ${source.type}`));
    expect(Object.keys(OPTIONS).filter((name) => !known.has(name))).toEqual([]);
  });
});

for (const source of components.sources) {
  componentSuite(await source.load(), OPTIONS[`${source.kind} ${source.type}`]);
}
