/** The stream of a live tap. */
import type { PipelineView, TapEventAnswer } from '#api/types.ts';
import { ApiFailure, failureOf, queryString } from './api.ts';

/** One component of a pipeline that can be looked at. */
export interface TapPlace {
  /** As the API calls it: `traces/processors/batch`. */
  readonly at: string;
  readonly id: string;
  readonly role: 'receivers' | 'processors' | 'exporters';
}

/** The components of a pipeline from its begin to its end. */
export function placesOf(pipeline: PipelineView): readonly TapPlace[] {
  return (['receivers', 'processors', 'exporters'] as const).flatMap((role) =>
    pipeline[role].map((name): TapPlace => {
      // `kind/id`, and behind a processor's its pipeline.
      const own = name.slice(name.indexOf('/') + 1);
      const suffix = `@${pipeline.id}`;
      const id = own.endsWith(suffix) ? own.slice(0, -suffix.length) : own;
      return { at: `${pipeline.id}/${role}/${id}`, id, role };
    }),
  );
}

/** Calls `onEvents` with the events as they come, until the tap ends or `signal` fires. Throws an ApiFailure. */
export async function readTap(
  at: string,
  onEvents: (events: readonly TapEventAnswer[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`/api/console/tap${queryString({ at })}`, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiFailure({ code: 'unreachable', message: 'the server does not answer' }, 0);
  }
  if (!response.ok || response.body === null) throw await failureOf(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    onEvents(lines.map((line) => JSON.parse(line) as TapEventAnswer));
  }
}
