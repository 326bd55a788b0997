/** Log levels: OTLP's numbers to the six groups, and the colour of each. Only warnings and errors have a hue. */
import type { SeverityGroup } from '#api/types.ts';
import type { ThemeTokens } from './theme.tsx';

/** OTLP: 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal; 0 is unset. */
export function severityGroup(severityNumber: number): SeverityGroup {
  if (severityNumber >= 21) return 'fatal';
  if (severityNumber >= 17) return 'error';
  if (severityNumber >= 13) return 'warn';
  if (severityNumber >= 9) return 'info';
  if (severityNumber >= 5) return 'debug';
  return severityNumber >= 1 ? 'trace' : 'unset';
}

const GROUPS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] satisfies SeverityGroup[];

export function isSeverityGroup(word: string): word is SeverityGroup {
  return GROUPS.includes(word);
}

export function groupColour(group: SeverityGroup, tokens: ThemeTokens): string {
  if (group === 'fatal' || group === 'error') return tokens.errorMark;
  if (group === 'warn') return tokens.warningMark;
  // Most lines are of these levels: they stay quiet, so that the others stand out.
  return group === 'info' ? tokens.infoMark : tokens.debugMark;
}

export function severityColour(severityNumber: number, tokens: ThemeTokens): string {
  return groupColour(severityGroup(severityNumber), tokens);
}
