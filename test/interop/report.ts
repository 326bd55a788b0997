import { setTimeout as wait } from 'node:timers/promises';

/** Counts what passed and what failed, and says it while the test runs. */
export class Report {
  passed = 0;
  failed = 0;
  readonly skipped: string[] = [];

  /** One thing that must hold; `claim` throws when it does not. */
  async check(name: string, claim: () => void | Promise<void>): Promise<void> {
    try {
      await claim();
      this.passed++;
      console.log(`  ok      ${name}`);
    } catch (error) {
      this.fail(name, error);
    }
  }

  fail(name: string, error: unknown): void {
    this.failed++;
    console.log(`  FAILED  ${name}\n          ${error instanceof Error ? error.message : String(error)}`);
  }

  skip(name: string, reason: string): void {
    this.skipped.push(name);
    console.log(`  skipped ${name}: ${reason}`);
  }

  /** The closing line, as build servers read it. */
  get summary(): string {
    const skipped = this.skipped.length > 0 ? `, ${this.skipped.length} skipped` : '';
    return `${this.passed} passed, ${this.failed} failed${skipped}`;
  }
}

/** Asks again and again until the answer fits; the last answer, fitting or not, after `limitMs`. */
export async function until<Answer>(
  limitMs: number,
  ask: () => Promise<Answer>,
  fits: (answer: Answer) => boolean,
): Promise<Answer> {
  const deadlineMs = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer) || Date.now() > deadlineMs) return answer;
    await wait(500);
  }
}

/** @throws Error with the difference when two values, as JSON, are not the same. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const found = JSON.stringify(actual);
  const wanted = JSON.stringify(expected);
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, got ${found}`);
}

/** @throws Error unless the condition holds. */
export function assertThat(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
