import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planCollector } from '#collector';
import { loadConfig, type MapNode, printPlace } from '#config';
import { components } from '../../src/main/components.ts';

/** Configurations that others wrote and that must load. The folder stands beside the project; without it the tests are skipped. */
const FOLDER = join(import.meta.dirname, '../../../shared/conformance/otelcol-valid');

/** What may be wrong, and why. This list only gets shorter. */
const KNOWN: Readonly<Record<string, { readonly reason: string; readonly mistake: RegExp }>> = {
  'invalid_config.yaml': {
    reason: 'it is meant to be refused: it has no components',
    mistake: /no \w+ configuration|at least one/,
  },
  'bearertoken.yaml': {
    reason: 'one endpoint is no URL, which otelcol finds out when it sends',
    mistake: /must be a URL/,
  },
  'span_full.yaml': {
    reason:
      'otelcol refuses it, too, when it builds the pipelines: spans have no log_bodies, and there is no match_type regex',
    mistake: /span_kinds string must match|must be one of "strict", "regexp", got "regex"|log_bodies/,
  },
  'tail_sampling.yaml': {
    reason: 'it has the sampler in pipelines of metrics and logs too, which otelcol refuses when it starts',
    mistake: /telemetry type is not supported/,
  },
};

async function rootOf(file: string): Promise<MapNode> {
  const { root } = await loadConfig({
    uris: [join(FOLDER, file)],
    environment: {
      env: {},
      readFile: (path) => Promise.resolve(readFileSync(path)),
      fetchText: () => Promise.reject(new Error('no network in tests')),
    },
  });
  return root;
}

describe.skipIf(!existsSync(FOLDER))('configurations that otelcol accepts', () => {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
  test('the list of known mistakes names only files that have them', async () => {
    for (const [file, { mistake }] of Object.entries(KNOWN)) {
      const { errors } = await planCollector(await rootOf(file), components);
      expect(errors.some((error) => mistake.test(error.message))).toBe(true);
    }
  });

  test.each(files)('%s: nothing is wrong but components that are not there yet', async (file) => {
    const root = await rootOf(file);
    const { errors } = await planCollector(root, components);
    const allowed = KNOWN[file]?.mistake ?? /^$/;
    const mistakes = errors.filter(({ message }) => !message.includes('unknown type: ') && !allowed.test(message));
    expect(mistakes.map((error) => `${printPlace(error.place!)} ${error.message}`.slice(FOLDER.length + 1))).toEqual(
      [],
    );
  });
});
