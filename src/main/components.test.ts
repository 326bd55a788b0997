import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { components } from './components.ts';

const named = components.sources.map((source) => [`${source.kind} ${source.type}`, source] as const);

const LAYERS = join(import.meta.dirname, '..');

describe('the list of components', () => {
  test('has every folder that has a factory', () => {
    const folders = globSync('{receivers,processors,exporters,connectors,extensions}/*/factory.ts', { cwd: LAYERS });
    const listed = components.sources.map(({ kind, type }) => `${kind}s/${type}/factory.ts`);
    expect(folders.sort()).toEqual(listed.sort());
  });

  test.each(named)('%s is named as its factory is', async (_name, source) => {
    const factory = await source.load();
    expect({ kind: source.kind, type: source.type, aliases: source.aliases ?? [] }).toEqual({
      kind: factory.kind,
      type: factory.type,
      aliases: factory.aliases ?? [],
    });
  });

  test.each(named)(
    '%s puts itself through the suite, with what that needs to know in its own folder',
    (_name, source) => {
      const file = join(LAYERS, `${source.kind}s`, source.type, 'suite.test.ts');
      expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^componentSuite\(/m);
    },
  );
});
