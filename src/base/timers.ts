import { messageOf } from './errors.ts';

/**
 * Timers that report what fails in them. Nobody stands above a timer's callback, so a throw there would end the process: a collector must not
 * die because a figure for a log line couldn't be read. All code but this file takes its timers from here, or from a Clock.
 */
export interface Timer {
  cancel(): void;
}

export interface TimerOptions {
  /** Keeps the process alive until it has run. Default false. */
  readonly keepsAlive?: boolean;
}

type Report = (error: unknown) => void;

let report: Report = (error) => console.error(`signalbox: a timer failed: ${messageOf(error)}`);

/** Where failures go from now on. The process that runs a role sets it. */
export function reportTimerFailuresTo(next: Report): void {
  report = next;
}

/** Runs a callback that nobody waits for; what it throws, or rejects with, is reported. */
function runReported(run: () => unknown): void {
  try {
    const result = run();
    if (result instanceof Promise) result.catch(reportSafely);
  } catch (error) {
    reportSafely(error);
  }
}

/** Calls `run` once after `ms`. */
export function after(ms: number, run: () => unknown, { keepsAlive = false }: TimerOptions = {}): Timer {
  const timer = setTimeout(() => runReported(run), ms);
  if (!keepsAlive) unref(timer);
  return { cancel: () => clearTimeout(timer) };
}

/** Calls `run` each `ms` until it is cancelled, also after it has failed. */
export function every(ms: number, run: () => unknown, { keepsAlive = false }: TimerOptions = {}): Timer {
  const timer = setInterval(() => runReported(run), ms);
  if (!keepsAlive) unref(timer);
  return { cancel: () => clearInterval(timer) };
}

/** Resolves after `ms`; the process lives for it. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function reportSafely(error: unknown): void {
  try {
    report(error);
  } catch {
    // Nothing is left that could be told.
  }
}

/** Browsers have numbers for timers. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
}
