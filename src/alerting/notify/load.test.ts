import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigErrors } from '#base';
import { readSetup } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-notify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('mistakes of the configuration and of its templates are told together', () => {
  const file = join(folder, 'am.yml');
  writeFileSync(file, 'route: {receiver: b}\nreceivers: [{name: a}]\ntemplates: ["*.tmpl"]\n');
  writeFileSync(join(folder, 'x.tmpl'), '{{ define "x" }}{{ end');
  let told: unknown;
  try {
    readSetup(file);
  } catch (error) {
    told = error;
  }
  expect(told).toBeInstanceOf(ConfigErrors);
  expect((told as ConfigErrors).errors.map(({ place, message }) => `${place?.line}: ${message}`)).toEqual([
    expect.stringContaining('1: route::receiver: undefined receiver "b"'),
    expect.stringMatching(/^3: templates: .*x\.tmpl/),
  ]);
  writeFileSync(file, 'route: [\n');
  expect(() => readSetup(file)).toThrow(ConfigErrors);
});
