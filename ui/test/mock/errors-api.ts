/** Kinds of exceptions of the mock's shop. */
import type { ErrorGroup, ErrorGroupsResponse } from '#api/types.ts';
import type { MockStore } from './data.ts';
import { gridOf, type Range } from './range.ts';

interface Thrown {
  readonly service: string;
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly timeMs: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly logId: string | undefined;
}

export function errorGroups(store: MockStore, range: Range, service: string | undefined): ErrorGroupsResponse {
  const grid = gridOf(range, 40);
  const thrown = exceptionsOf(store, range).filter((one) => service === undefined || one.service === service);
  const knownFromMs = Math.max(store.dataFromMs, range.fromMs - 86_400_000);
  const kinds = Map.groupBy(thrown, ({ service, type, message }) => `${service} ${type} ${template(message)}`);
  const groups = [...kinds.values()].map((of): ErrorGroup => {
    const sorted = of.toSorted((a, b) => b.timeMs - a.timeMs);
    const [newest, oldest] = [sorted[0]!, sorted.at(-1)!];
    const counts = new Array<number>(grid.count).fill(0);
    for (const { timeMs } of of)
      counts[Math.min(grid.count - 1, Math.max(0, Math.floor((timeMs - grid.startMs) / grid.stepMs)))]!++;
    const message = template(newest.message);
    const logId = sorted.find((one) => one.logId !== undefined)?.logId;
    return {
      id: Buffer.from(`${newest.service} ${newest.type} ${message}`).toString('hex').slice(-16),
      ...{ service: newest.service, type: newest.type, message, frame: frameOf(newest.stack) },
      ...{ count: of.length, counts, firstMs: oldest.timeMs, lastMs: newest.timeMs },
      isNew: oldest.timeMs > (knownFromMs + range.toMs) / 2,
      ...{ sampleMessage: newest.message, sampleStacktrace: newest.stack },
      examples: sorted.slice(0, 5).map(({ traceId, spanId, timeMs }) => ({ traceId, spanId, timeMs })),
      ...(logId !== undefined && { logId }),
    };
  });
  groups.sort((a, b) => b.count - a.count);
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  return { groups, groupCount: groups.length, total, isWhole: true, fromMs: range.fromMs, knownFromMs, grid };
}

function exceptionsOf(store: MockStore, { fromMs, toMs, environment }: Range): readonly Thrown[] {
  return store
    .read(Math.max(fromMs, store.dataFromMs), toMs)
    .traces.filter((trace) => environment === undefined || trace.environment === environment)
    .flatMap(({ traceId, startMs, spans, logs }) =>
      spans.flatMap(({ spanId, service, events }) =>
        events
          .filter(({ name }) => name === 'exception')
          .map(({ offsetNs, attributes }) => ({
            ...{ service, traceId, spanId, timeMs: startMs + offsetNs / 1e6 },
            type: String(attributes['exception.type']),
            message: String(attributes['exception.message']),
            stack: String(attributes['exception.stacktrace']),
            logId: logs.find((log) => log.spanId === spanId && log.severityNumber >= 17)?.id,
          })),
      ),
    );
}

const template = (message: string): string => message.replace(/\S*\d\S*/g, '<_>');

function frameOf(stack: string): string {
  const [at] = /(?<=\n\s+(?:at|File) )[^\n]+/.exec(stack) ?? [''];
  return at;
}
