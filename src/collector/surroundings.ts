import type { Logger } from '#component';
import { isSameConfig } from '#config';
import type { CreateContext } from './create-settings.ts';
import type { Plan } from './plan.ts';
import type { StatusBoard } from './status.ts';

/** What instances are made with and hold on to: only in the same surroundings can they go on through a reload. */
export interface Surroundings {
  readonly context: CreateContext;
  readonly statuses: StatusBoard;
  readonly logger: Logger;
  /** After the last line. */
  closeLog(): void;
}

/** Whether what the surroundings are made of is the same in two plans. */
export function haveSameSurroundings(a: Plan, b: Plan): boolean {
  const of = ({ document: { service, signalbox } }: Plan): unknown => [
    service.telemetry.logs,
    signalbox.allowedHosts,
    signalbox.featureGates,
  ];
  return isSameConfig(of(a), of(b));
}
