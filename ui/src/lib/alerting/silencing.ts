/** Silences: made, ended, and what they would hide. */

import type { Silence } from '../alerts.ts';
import { ApiFailure } from '../api.ts';
import { askPlain } from '../plain-api.ts';
import type { PromLabels } from '../promql/legend.ts';

const API = '/alertmanager/api/v2';

export interface MatcherDraft {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** Whether all matchers match; a label that is not there is empty. A pattern that can't be read here matches nothing. */
export function isHidden(labels: PromLabels, matchers: readonly MatcherDraft[]): boolean {
  return (
    matchers.length > 0 &&
    matchers.every(({ name, operator, value }) => {
      const own = labels[name] ?? '';
      const matches = operator.endsWith('~') ? patternOf(value)?.test(own) : own === value;
      return matches !== undefined && matches !== operator.startsWith('!');
    })
  );
}

export function patternOf(value: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${value})$`, 's');
  } catch {
    return undefined;
  }
}

export interface SilenceDraft {
  readonly matchers: readonly MatcherDraft[];
  readonly lengthMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

/** Gives its id. Throws `ApiFailure`. */
export async function makeSilence(draft: SilenceDraft): Promise<string> {
  const now = Date.now();
  const { silenceID } = await askPlain<{ silenceID: string }>(`${API}/silences`, {
    method: 'POST',
    body: {
      matchers: draft.matchers.map(({ name, operator, value }) => ({
        ...{ name, value },
        ...{ isRegex: operator.endsWith('~'), isEqual: !operator.startsWith('!') },
      })),
      startsAt: new Date(now).toISOString(),
      endsAt: new Date(now + draft.lengthMs).toISOString(),
      createdBy: draft.createdBy,
      comment: draft.comment,
    },
  });
  return silenceID;
}

export async function endSilence({ id }: Pick<Silence, 'id'>): Promise<void> {
  await askPlain<unknown>(`${API}/silence/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

/** An alert as an Alertmanager knows it. */
export interface KnownAlert {
  readonly labels: PromLabels;
  readonly status: {
    readonly state: string;
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
  };
  readonly receivers: readonly { readonly name: string }[];
}

/** Null where the server has no Alertmanager of its own. */
export async function askKnownAlerts(signal: AbortSignal): Promise<readonly KnownAlert[] | null> {
  try {
    return await askPlain<readonly KnownAlert[]>(`${API}/alerts`, {}, signal);
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return null;
    throw error;
  }
}

const TEST_MS = 60_000;

/** Sends an alert of one minute with these labels, which goes the way that any other goes. Throws `ApiFailure`. */
export async function sendTestAlert(labels: PromLabels): Promise<void> {
  const now = Date.now();
  await askPlain<unknown>(`${API}/alerts`, {
    method: 'POST',
    body: [
      {
        labels: { alertname: 'TestNotification', severity: 'info', ...labels },
        annotations: { summary: 'A test notification, sent by hand from the page of alerts: nothing is wrong.' },
        startsAt: new Date(now).toISOString(),
        endsAt: new Date(now + TEST_MS).toISOString(),
      },
    ],
  });
}
