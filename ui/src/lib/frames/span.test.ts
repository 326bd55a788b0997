import { expect, test } from 'vitest';
import type { SpanResponse } from '#api/types.ts';
import type { TextField, ValueField } from '../frame.ts';
import { spanFrames } from './span.ts';

function identityOf(attributes: SpanResponse['scope']['attributes']): Record<string, unknown> {
  const span = {
    ...{
      spanId: 's',
      parentSpanId: '',
      traceId: 't',
      kind: 'server',
      status: 'ok',
      startNs: '1000000',
      traceState: '',
    },
    ...{ attributes: {}, resource: {}, events: [], links: [], linkedFrom: [] },
    scope: { name: 'lib', version: '1', attributes },
  } as unknown as SpanResponse;
  const [names, values] = spanFrames(span, '0').identity.fields as [TextField, ValueField];
  return Object.fromEntries(names.values.map((name, i) => [name, values.values[i]]));
}

test('which policy of tail sampling kept a span is said, and other attributes of its scope are', () => {
  expect(identityOf({ 'tailsampling.policy': 'errors', colour: 'red' })).toMatchObject({
    'kept by policy': 'errors',
    'scope colour': 'red',
  });
  expect(identityOf({ 'tailsampling.policy': 'mixed', 'tailsampling.composite_policy': 'slow' })).toMatchObject({
    'kept by policy': 'mixed, slow',
  });
  expect(identityOf({ 'tailsampling.cached_decision': true })).toMatchObject({
    'kept by policy': 'decided before the span came',
  });
  expect(identityOf({})).not.toHaveProperty('kept by policy');
});
