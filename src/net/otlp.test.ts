import { expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { PartialSuccesses } from './otlp.ts';

test('items that the far side rejected are lost there: reported, and said', () => {
  const settings = fakeSettings();
  const partial = new PartialSuccesses(settings, 'logs');
  partial.note(0, '');
  expect(settings.logged).toEqual([]);
  partial.note(3, 'too old');
  expect(settings.account.sum('lost', 'rejected_by_peer')).toBe(3);
  partial.note(0, 'a warning alone');
  expect(settings.account.sum('lost')).toBe(3);
  expect(settings.logged).toEqual(['warn Partial success response', 'warn Partial success response']);
});
