import { expect, test } from 'vitest';
import { fakeHost, fakeSettings, RecordingConsumer } from '#component/testing.ts';
import { exampleReceiverFactory } from './index.ts';

test('makes a log record in each interval', async () => {
  const settings = fakeSettings();
  const logs = new RecordingConsumer();
  const receiver = exampleReceiverFactory.create(settings, { intervalMs: 1000, body: 'here' }, { logs });
  await receiver.start(fakeHost());
  await settings.clock.advance(3500);
  await receiver.shutdown(1000);
  expect(logs.itemCount).toBe(3);
  expect(settings.meter.sum('receiver_accepted_log_records')).toBe(3);
});
