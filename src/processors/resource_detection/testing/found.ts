import { expect } from 'vitest';
import type { AnyValue } from '#pdata';
import { type ResourceDetectionConfig, resourceDetectionSchema, validateResourceDetection } from '../config.ts';
import { DETECTORS } from '../detectors/index.ts';
import { type Asked, type FakeWorld, fakeWorld } from './fake-world.ts';

export type Values = Readonly<Record<string, AnyValue>>;

export const LOCAL = 'http://169.254.169.254';

/** What a detector finds with this block in this world, wanted or not. */
export async function found(type: string, world: FakeWorld, block: object = {}, asked: Asked[] = []): Promise<Values> {
  const detector = DETECTORS.get(type)!;
  const key = type === 'elastic_beanstalk' ? 'elasticbeanstalk' : type;
  const config = resourceDetectionSchema.parse({
    detectors: [type],
    ...(Object.keys(detector.attributes).length > 0 && { [key]: block }),
  }) as ResourceDetectionConfig;
  expect(validateResourceDetection(config)).toEqual([]);
  return detector.detect(fakeWorld(world, asked), config.blocks[type] ?? { enabled: [] }, () => undefined);
}
