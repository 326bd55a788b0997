import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { sep } from 'node:path';
import { expect } from 'vitest';
import type { Signal } from '#pdata';
import { sampleBatch } from '../batches.ts';
import { fakeHost } from '../sinks.ts';
import { type Check, failureOf, inSimulatedTime, type Subject } from '../subject.ts';

/** Start and shutdown, and that nothing is left behind. */
export function lifecycleChecks(subject: Subject): Check[] {
  return [
    ...subject.perSignal('shutdown without start, and twice', async (signal) => {
      const { component } = subject.make(signal);
      await component.shutdown(1000);
      await component.shutdown(1000);
    }),
    ...subject.perSignal('start, shutdown, shutdown', async (signal) => {
      const { component } = subject.make(signal);
      await component.start(fakeHost());
      await component.shutdown(1000);
      await component.shutdown(1000);
    }),
    ...subject.perSignal('leaves no timer, no gauge and no open file behind', (signal) =>
      leavesNothing(subject, signal),
    ),
  ];
}

async function leavesNothing(subject: Subject, signal: Signal): Promise<void> {
  const timers = watchTimers();
  const filesBefore = openFiles();
  try {
    const { component, consumer, settings } = subject.make(signal);
    await component.start(fakeHost());
    const isFed = !['receiver', 'extension'].includes(subject.factory.kind);
    const consumed = isFed ? failureOf(consumer.consume(sampleBatch(signal, 3))) : Promise.resolve();
    await inSimulatedTime(settings.clock, component.shutdown(1000));
    await inSimulatedTime(settings.clock, consumed);
    const running = settings.clock.timerCount + timers.count;
    expect(running, 'leaks a timer: it still runs after shutdown').toBe(0);
    expect(settings.meter.gaugeNames, 'leaks a gauge: it is still read after shutdown').toEqual([]);
    const files = [...openFiles()].filter(([descriptor]) => !filesBefore.has(descriptor));
    expect(files, 'leaks a file: it is still open after shutdown').toEqual([]);
    expect(settings.account.held(signal), 'holds items after shutdown').toBe(0);
  } finally {
    timers.end();
  }
}

/** Where components under test have their files, which of them this process has open, by descriptor. Linux tells; elsewhere there are none to see. */
function openFiles(): Map<string, string> {
  const here = tmpdir() + sep;
  try {
    const all = readdirSync('/proc/self/fd').map((descriptor): [string, string] => [descriptor, pathOf(descriptor)]);
    return new Map(all.filter(([, path]) => path.startsWith(here)));
  } catch {
    return new Map();
  }
}

/** Empty for a descriptor that was closed since it was listed. */
function pathOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

/** Counts the timers that somebody starts beside the clock. */
function watchTimers(): { readonly count: number; end(): void } {
  const real = { setTimeout, setInterval, clearTimeout, clearInterval };
  const running = new Set<unknown>();
  const clear =
    (end: (timer: never) => void) =>
    (timer: never): void => {
      running.delete(timer);
      end(timer);
    };
  Object.assign(globalThis, {
    setTimeout(run: (...values: unknown[]) => void, ms?: number, ...values: unknown[]) {
      const timer = real.setTimeout(() => {
        running.delete(timer);
        run(...values);
      }, ms);
      running.add(timer);
      return timer;
    },
    setInterval(run: () => void, ms?: number) {
      const timer = real.setInterval(run, ms);
      running.add(timer);
      return timer;
    },
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
  });
  return {
    get count() {
      return running.size;
    },
    end: () => void Object.assign(globalThis, real),
  };
}
