import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ledger, type Outcome } from './ledger.ts';

test('what comes in must go out, be reported or be held', () => {
  const ledger = new Ledger();
  let held = 0;
  const stop = ledger.hold(() => held);
  ledger.begin(10);
  ledger.end(10, true);
  expect(ledger.unaccounted).toBe(10);
  held = 4;
  ledger.produced(3);
  ledger.report('dropped', 1);
  ledger.report('filtered', 1);
  ledger.report('sampled_out', 1);
  expect(ledger.unaccounted).toBe(0);
  ledger.report('refused', 5);
  ledger.report('lost', 5);
  expect(ledger.unaccounted).toBe(0);
  ledger.produced(5);
  expect(ledger.unaccounted).toBe(-5);
  ledger.report('added', 5);
  stop();
  expect(ledger.unaccounted).toBe(4);
  expect(ledger.held).toBe(0);
});

test('what was refused was not consumed, and a call under way may have its items anywhere', () => {
  const ledger = new Ledger();
  ledger.begin(10);
  expect(ledger.unaccounted).toBe(0);
  ledger.produced(6);
  expect(ledger.unaccounted).toBe(0);
  ledger.end(10, false);
  expect(ledger.unaccounted).toBe(-6);
  ledger.report('added', 6);
  expect(ledger.unaccounted).toBe(0);
});

/** What a component may do with one item, honestly. */
const FATES = ['produced', 'dropped', 'filtered', 'sampled_out', 'absorbed', 'held'] as const;

test('an honest component is always right, and every silent loss is found once no call is open', () => {
  const call = fc.record({ fates: fc.array(fc.constantFrom(...FATES), { maxLength: 8 }), silent: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 12 }), (calls) => {
      const ledger = new Ledger();
      let held = 0;
      ledger.hold(() => held);
      let silent = 0;
      for (const one of calls) {
        const items = one.fates.length + one.silent;
        ledger.begin(items);
        for (const fate of one.fates) {
          if (fate === 'produced') ledger.produced(1);
          else if (fate === 'held') held++;
          else ledger.report(fate satisfies Outcome, 1);
          // Meanwhile a loss may hide behind the call, but nothing honest looks like one.
          expect(ledger.unaccounted).toBeGreaterThanOrEqual(0);
          expect(ledger.unaccounted).toBeLessThanOrEqual(silent);
        }
        ledger.end(items, true);
        silent += one.silent;
        expect(ledger.unaccounted).toBe(silent);
      }
    }),
  );
});
