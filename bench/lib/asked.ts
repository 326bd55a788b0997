import type { RunningSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds } from './processes.ts';

/** How long answers of the API take, one request after the other, and what they cost its processes. */
export interface Measured {
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly engineCpuMs: number;
  readonly serverCpuMs: number;
  /** Requests without an answer, or with an error, and what the first was told. Their time counts. */
  readonly failures: number;
  readonly firstFailure?: string;
}

/** Asks all paths, of which the first `warmUps` are not measured. */
export async function measureAnswers(
  signalbox: RunningSignalbox,
  paths: readonly string[],
  warmUps: number,
): Promise<Measured> {
  const times: number[] = [];
  const cpu = (role: 'engine' | 'server'): number => cpuSeconds(signalbox.pidOf(role)!);
  let before = { engine: 0, server: 0 };
  const failures: string[] = [];
  for (const [i, path] of paths.entries()) {
    if (i === warmUps) before = { engine: cpu('engine'), server: cpu('server') };
    const beginMs = performance.now();
    await timedText(`${signalbox.consoleUrl}${path}`).catch((error: Error) => failures.push(error.message));
    if (i >= warmUps) times.push(performance.now() - beginMs);
  }
  const perRequest = (seconds: number): number => (seconds / times.length) * 1000;
  return {
    ...quantilesOf(times),
    engineCpuMs: perRequest(cpu('engine') - before.engine),
    serverCpuMs: perRequest(cpu('server') - before.server),
    failures: failures.length,
    ...(failures.length > 0 && { firstFailure: failures[0]! }),
  };
}

/** The answer as text, and how long it took. Throws where it is an error. */
export async function timedText(
  url: string,
  init?: RequestInit,
): Promise<{ readonly text: string; readonly ms: number }> {
  const beginMs = performance.now();
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text.slice(0, 300)}`);
  return { text, ms: performance.now() - beginMs };
}

export function quantilesOf(timesMs: readonly number[]): Pick<Measured, 'medianMs' | 'p95Ms'> {
  const sorted = timesMs.toSorted((a, b) => a - b);
  return { medianMs: sorted[sorted.length >> 1]!, p95Ms: sorted[Math.floor(sorted.length * 0.95)]! };
}

export function saysOf({ medianMs, p95Ms, engineCpuMs, serverCpuMs, failures }: Measured): string {
  const failed = failures === 0 ? '' : `; ${failures} failed`;
  return `median ${medianMs.toFixed(0)}, p95 ${p95Ms.toFixed(0)} ms; CPU engine ${engineCpuMs.toFixed(0)}, server ${serverCpuMs.toFixed(0)} ms${failed}`;
}
