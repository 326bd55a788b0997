/** The system's own state as frames: what waits over time, what was lost, tables and processes. */
import type { LossView, StoreView, SystemResponse } from '#api/types.ts';
import { type Frame, frameOfLines, frameOfRows, type Numbers } from '../frame.ts';

/** What waits for the store, how long, and how often processes began anew. */
export function historyFrames({ grid, history }: SystemResponse): {
  readonly spool: Frame;
  readonly lag: Frame;
  readonly restarts: Frame;
} {
  const line = (name: string, unit: string, values: Numbers) =>
    values.length === 0 ? [] : [{ name, unit, values, tone: 'accent' as const }];
  return {
    spool: frameOfLines('spool', grid, line('waiting', 'By', history.spoolBytes)),
    lag: frameOfLines('lag', grid, line('oldest', 's', history.lagSeconds)),
    restarts: frameOfLines(
      'restarts',
      grid,
      history.restarts.map(({ role, values }, series) => ({
        name: role,
        unit: '1',
        isCount: true,
        values,
        tone: { series },
      })),
    ),
  };
}

export function lossFrame(losses: readonly LossView[]): Frame {
  return frameOfRows('losses', losses, {
    key: { text: ({ component, signal, reason, kind }) => `${component} ${signal ?? ''} ${kind} ${reason}` },
    component: { text: ({ component }) => component },
    signal: { text: ({ signal }) => signal ?? '' },
    kind: { text: ({ kind }) => kind },
    reason: { text: ({ reason }) => reason },
    count: { count: ({ count }) => count },
  });
}

export function storeFrame({ tables }: StoreView): Frame {
  return frameOfRows('tables', tables, {
    name: { text: ({ name }) => name },
    rows: { count: ({ rows }) => rows },
    disk: { number: ({ bytesOnDisk }) => bytesOnDisk, unit: 'By' },
    parts: { count: ({ parts }) => parts },
    retention: { text: ({ retention }) => retention },
  });
}

export function processFrame(processes: SystemResponse['processes']): Frame {
  return frameOfRows('processes', processes, {
    role: { text: ({ role }) => role },
    cpu: { number: ({ cpuPercent }) => cpuPercent, unit: '%' },
    memory: { number: ({ rssBytes }) => rssBytes, unit: 'By' },
    uptime: { number: ({ uptimeS }) => uptimeS, unit: 's' },
  });
}
