import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * State in a module variable is shared by all that run in a process, and by nothing that runs in another: docs/singletons.md lists what the
 * collector's layers keep that way. Scratch memory and constants are none.
 */

const ROOT = join(import.meta.dirname, '..');
const LAYERS =
  'base,pdata,wire,config,net,component,collector,receivers,processors,exporters,connectors,extensions,store';
const STATE =
  /^(?:export )?(?:let \w+|const \w+(?:: [^=]+)? = new (?:Map|Set|WeakMap|WeakSet|KeyDictionary)\b[^(]*\(\))/m;

test('state in module variables of the collector is listed in docs/singletons.md', () => {
  const listed = readFileSync(join(ROOT, 'docs/singletons.md'), 'utf8');
  const files = globSync(`src/{${LAYERS}}/**/*.ts`, {
    cwd: ROOT,
    exclude: ['**/*.test.ts', '**/testing/**', '**/testdata/**'],
  });
  const stateful = files.filter((file) => STATE.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(stateful).toContain('src/pdata/keys.ts');
  expect(stateful.filter((file) => !listed.includes(`\`${file}\``))).toEqual([]);
});
