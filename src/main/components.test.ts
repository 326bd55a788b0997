import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { components } from './components.ts';

const named = components.sources.map((source) => [`${source.kind} ${source.type}`, source] as const);

describe('the list of components', () => {
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
      const file = join(import.meta.dirname, '..', `${source.kind}s`, source.type, 'suite.test.ts');
      expect(existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^componentSuite\(/m);
    },
  );
});
