import { expect, test } from 'vitest';
import { type MapNode, parseYaml, toPlain } from '#config';
import { storesAnything, withStoreEverywhere } from './store-everything.ts';

const read = (text: string): MapNode => parseYaml({ text, file: 'c.yaml' }) as MapNode;

const FILE = `
exporters: {debug: , signalbox/own: {}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debug]}
    logs: {receivers: [otlp], exporters: [debug, signalbox/own]}
`;

test('--store adds the exporter to every pipeline that has none, under the name that the file gives it', () => {
  expect(toPlain(withStoreEverywhere(read(FILE)))).toEqual({
    exporters: { debug: null, 'signalbox/own': {} },
    service: {
      pipelines: {
        traces: { receivers: ['otlp'], exporters: ['debug', 'signalbox/own'] },
        logs: { receivers: ['otlp'], exporters: ['debug', 'signalbox/own'] },
      },
    },
  });
});

test('--store adds the exporter itself where the file has none, and leaves alone what is no configuration', () => {
  const bare = read(FILE.replace(', signalbox/own: {}', '').replace(', signalbox/own', ''));
  expect(toPlain(withStoreEverywhere(bare))).toMatchObject({
    exporters: { debug: null, signalbox: null },
    service: {
      pipelines: { traces: { exporters: ['debug', 'signalbox'] }, logs: { exporters: ['debug', 'signalbox'] } },
    },
  });
  for (const text of ['{}', 'service: 1', 'exporters: []']) {
    expect(toPlain(withStoreEverywhere(read(text)))).toEqual(toPlain(read(text)));
  }
});

test('a file that stores nothing is known', () => {
  expect(storesAnything(read(FILE))).toBe(true);
  expect(storesAnything(read(FILE.replace(', signalbox/own]', ']')))).toBe(false);
  expect(storesAnything(read('service: {pipelines: [a]}'))).toBe(false);
});
