import { describe, expect, test } from 'vitest';
import { resourceLabelMatcher } from '#wire';
import { strictObject } from './object.ts';
import { resourceLabelsMistakes, resourceLabelsShape, toResourceLabels } from './resource-labels.ts';

const schema = strictObject(resourceLabelsShape);
const KEYS = ['service.name', 'service.instance.id', 'k8s.pod.name', 'k8s.pod.uid', 'host.name'];

describe('attributes of a resource as labels', () => {
  test.each<{ block: object; labels: readonly string[] }>([
    { block: {}, labels: [] },
    { block: { resource_to_telemetry_conversion: { enabled: true } }, labels: KEYS },
    {
      block: { resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: true } },
      labels: KEYS.slice(2),
    },
    { block: { resource_to_telemetry_conversion: { exclude_service_attributes: true } }, labels: [] },
    { block: { resource_constant_labels: { included: ['*'] } }, labels: KEYS },
    {
      block: { resource_constant_labels: { included: ['service.name', 'k8s.*'] } },
      labels: [KEYS[0]!, ...KEYS.slice(2, 4)],
    },
    { block: { resource_constant_labels: { included: ['k8s.*'], excluded: ['*.ui?'] } }, labels: ['k8s.pod.name'] },
    { block: { resource_constant_labels: { excluded: ['k8s.*', '*.name'] } }, labels: ['service.instance.id'] },
    { block: { resource_to_telemetry_conversion: { included: ['host.*'] } }, labels: ['host.name'] },
    { block: { resource_constant_labels: { included: ['*.*.*', 'host+name'] } }, labels: KEYS.slice(1, 4) },
  ])('$block', ({ block, labels }) => {
    const raw = schema.parse(block);
    expect(resourceLabelsMistakes(raw)).toEqual([]);
    expect(KEYS.filter(resourceLabelMatcher(toResourceLabels(raw)))).toEqual(labels);
  });

  test('a pattern with many stars takes no time on a key that almost fits', () => {
    const isLabel = resourceLabelMatcher({ isOn: true, included: [`${'*a'.repeat(20)}b`], excluded: [] });
    // Trying all places of all stars would not end before the test's limit.
    expect(isLabel('a'.repeat(20_000))).toBe(false);
  });

  test.each([
    { resource_to_telemetry_conversion: { enabled: true }, resource_constant_labels: { included: ['*'] } },
    { resource_to_telemetry_conversion: { enabled: true, included: ['*'] } },
  ])('both forms at once are refused: %o', (block) => {
    expect(resourceLabelsMistakes(schema.parse(block))).toEqual([
      { path: ['resource_to_telemetry_conversion'], message: expect.stringContaining('cannot configure both') },
    ]);
  });
});
