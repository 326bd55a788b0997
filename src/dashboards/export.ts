import type { Dashboard } from './model.ts';

/** A dashboard as a file for Grafana, with all that was in the file that it was read from. */
export function printDashboard({ json }: Dashboard): string {
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
