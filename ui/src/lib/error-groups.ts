/** Kinds of exceptions: in which order they are shown, and where each leads. */
import type { ErrorGroup } from '#api/types.ts';
import type { Links, Target } from './links.ts';
import { withCondition } from './query-text.ts';

/** What is new before what was always there, then the most frequent. */
export function byAttention(groups: readonly ErrorGroup[]): readonly ErrorGroup[] {
  return groups.toSorted((a, b) => Number(b.isNew) - Number(a.isNew) || b.count - a.count);
}

export function errorTitle({ type, message }: Pick<ErrorGroup, 'type' | 'message'>): string {
  return type || message || 'exception';
}

/** Whether one of a group's texts has these words. */
export function hasWords({ type, message, service, frame }: ErrorGroup, words: string): boolean {
  const text = `${type} ${message} ${service} ${frame}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The traces in which it happened, in TraceQL: its events are those of spans and of log records. */
export function tracesOfError(links: Links, { service, type, message }: ErrorGroup): Target {
  const conditions = [
    `resource.service.name = ${JSON.stringify(service)}`,
    ...(type === '' ? [] : [`event.exception.type = ${JSON.stringify(type)}`]),
    ...(message === '' ? [] : [`event.exception.message =~ ${JSON.stringify(patternOf(message))}`]),
  ];
  return links.traces({ q: `{ ${conditions.join(' && ')} }` });
}

/** The log records that tell of it. */
export function logsOfError(links: Links, { service, type, message }: ErrorGroup): Target {
  const whole = message.includes('<_>') ? '' : message;
  const [key, value] = type === '' ? ['exception.message', whole] : ['exception.type', type];
  return links.logs({ service, q: value === '' ? `${key}=*` : withCondition('logs', '', key, '=', value) });
}

/** A regular expression that a message of the kind matches as a whole. */
function patternOf(message: string): string {
  const pieces = message.split('<_>').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // Long messages are cut, and what is between the pieces may have any form.
  return `(?s)${pieces.join('.*')}.*`;
}
