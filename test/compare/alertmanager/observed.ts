/** One request that a receiver got. */
export interface Observed {
  /** Seconds of the scenario, rounded. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly authorization?: string;
  readonly body: unknown;
}

/** Times in texts as seconds of the scenario, so that two runs can be compared. */
export function relativeTimes(text: string, startMs: number): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)/g, (time) => {
    if (time.startsWith('0001-')) return 'never';
    const seconds = (Date.parse(time) - startMs) / 1000;
    return Math.abs(seconds) > 3600 ? time : `T${seconds < 0 ? '' : '+'}${Math.round(seconds)}s`;
  });
}

/** In an order that doesn't depend on who was faster. */
export function inOrder(observed: readonly Observed[]): Observed[] {
  const textOf = (one: Observed): string =>
    `${String(one.at).padStart(6, '0')} ${one.path} ${JSON.stringify(one.body)}`;
  return observed.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

export function observedOf(request: {
  readonly atMs: number;
  readonly startMs: number;
  readonly method: string;
  readonly path: string;
  readonly authorization?: string | undefined;
  readonly body: string;
}): Observed {
  const { atMs, startMs, method, path, authorization } = request;
  const body: unknown = JSON.parse(relativeTimes(request.body, startMs));
  return {
    at: Math.round((atMs - startMs) / 1000),
    method,
    path,
    ...(authorization !== undefined && { authorization }),
    body,
  };
}

/** What the sink answers, as the receivers' servers do. */
export function answerOf(path: string): { readonly type: string; readonly body: string } {
  if (path.startsWith('/slack')) return { type: 'text/plain', body: 'ok' };
  if (path.startsWith('/telegram')) {
    return { type: 'application/json', body: '{"ok":true,"result":{"message_id":1,"chat":{"id":1}}}' };
  }
  return { type: 'application/json', body: '{}' };
}

/** The status of the next answer at a path. */
export class Statuses {
  readonly #left: Map<string, number[]>;
  constructor(answers: Readonly<Record<string, readonly number[]>> = {}) {
    this.#left = new Map(Object.entries(answers).map(([path, statuses]) => [path, [...statuses]]));
  }
  next(path: string): number {
    const left = this.#left.get(path) ?? [200];
    return left.length > 1 ? left.shift()! : left[0]!;
  }
}
