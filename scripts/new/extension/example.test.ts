import { expect, test } from 'vitest';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { exampleFactory } from './index.ts';

test('greets at the start', async () => {
  const settings = fakeSettings();
  const extension = exampleFactory.create(settings, { greeting: 'hello' });
  await extension.start(fakeHost());
  await extension.shutdown(1000);
  expect(settings.logged).toEqual(['info hello']);
});
