import type { EmptyReason } from '#query';
import type { EmptyReasonResponse } from './types.ts';

export function emptyReason({ nearestMs, conditions, ...reason }: EmptyReason): EmptyReasonResponse {
  return {
    ...reason,
    ...(nearestMs !== undefined && { nearestMs }),
    conditions: conditions.map(({ withoutQ, suggestions, ...condition }) => ({
      ...condition,
      ...(withoutQ !== undefined && { withoutQ }),
      suggestions: suggestions.map(({ q, ...suggestion }) => ({ ...suggestion, ...(q !== undefined && { q }) })),
    })),
  };
}
