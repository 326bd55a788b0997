/** Whose telemetry: the user's, or what Signalbox says of itself. Ours is metrics only: no spans or logs of ours are stored. */
import { OWN_SCOPE } from '#base';
import { raw, type Sql } from '../sql/index.ts';

export const OWNERS = ['user', 'own'] as const;
export type Owner = (typeof OWNERS)[number];

/** On rows of `metric_series`. */
export function ownedBy(owner: Owner): Sql {
  return raw(`scope_name ${owner === 'own' ? '=' : '!='} '${OWN_SCOPE}'`);
}
