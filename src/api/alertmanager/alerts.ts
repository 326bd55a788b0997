import {
  type Alert,
  type AlertStatus,
  compareAlerts,
  compareLabels,
  instantAt,
  type Matcher,
  type Notifier,
  plainLabels,
  printMillis,
  type ToldAlert,
} from '#alerting/notify';
import { compareText } from '#base';
import type { TextAnswer } from '../http/answers.ts';
import { AnswerError } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest, ApiRoute } from '../http/plugin.ts';
import { labelsIn, listOf, objectOf, readJson, required, textIn, timeIn } from './body.ts';
import { emptyAnswer, jsonAnswer, notifierFor } from './errors.ts';
import { flagOf, matchersOf, matchFilter, receiverPattern } from './parameters.ts';

export function alertRoutes(needs: ApiNeeds): readonly ApiRoute[] {
  return [
    { method: 'GET', path: '/api/v2/alerts', answer: (request) => listAlerts(notifierFor(needs, request), request) },
    { method: 'POST', path: '/api/v2/alerts', answer: (request) => takeAlerts(notifierFor(needs, request), request) },
    {
      method: 'GET',
      path: '/api/v2/alerts/groups',
      answer: (request) => listGroups(notifierFor(needs, request), request),
    },
  ];
}

interface AlertFilter {
  readonly matchers: readonly Matcher[];
  readonly active: boolean;
  readonly silenced: boolean;
  readonly inhibited: boolean;
}

/** What of an alert's receivers has to be so for it to be shown; undefined for nothing. */
type ReceiverFilter = ((names: readonly string[]) => boolean) | undefined;

function filterOf({ query }: ApiRequest): AlertFilter {
  return {
    matchers: matchersOf(query, 'filter'),
    active: flagOf(query, 'active'),
    silenced: flagOf(query, 'silenced'),
    inhibited: flagOf(query, 'inhibited'),
  };
}

function receiverFilterOf({ query }: ApiRequest, notifier: Notifier): ReceiverFilter {
  const pattern = receiverPattern(query);
  const matchers = matchersOf(query, 'receiver_matchers');
  if (pattern === undefined && matchers.length === 0) return undefined;
  const labels = new Map(notifier.config.receivers.map((receiver) => [receiver.name, receiver.labels] as const));
  return (names) =>
    (pattern === undefined || names.some((name) => pattern.test(name))) &&
    (matchers.length === 0 || names.some((name) => matchFilter(matchers, labels.get(name) ?? new Map())));
}

/** The status of an alert that passes the filter. */
function statusFor(notifier: Notifier, alert: Alert, filter: AlertFilter): AlertStatus | undefined {
  if (!matchFilter(filter.matchers, alert.labels)) return undefined;
  const status = notifier.statusOf(alert);
  if (!filter.active && status.state === 'active') return undefined;
  if (!filter.silenced && status.silencedBy.length > 0) return undefined;
  return !filter.inhibited && status.inhibitedBy.length > 0 ? undefined : status;
}

function listAlerts(notifier: Notifier, request: ApiRequest): TextAnswer {
  const filter = filterOf(request);
  const receiverFilter = receiverFilterOf(request, notifier);
  const shown = notifier.alerts().flatMap((alert) => {
    const receivers = notifier.receiversOf(alert.labels);
    if (receiverFilter !== undefined && !receiverFilter(receivers)) return [];
    const status = statusFor(notifier, alert, filter);
    return status === undefined ? [] : [shownAlert(alert, status, receivers, [])];
  });
  return jsonAnswer(shown.sort((a, b) => compareText(a.fingerprint, b.fingerprint)));
}

function listGroups(notifier: Notifier, request: ApiRequest): TextAnswer {
  const filter = filterOf(request);
  const showsMuted = flagOf(request.query, 'muted');
  const receiverFilter = receiverFilterOf(request, notifier);
  const groups = notifier
    .groups()
    .filter(({ receiver }) => receiverFilter === undefined || receiverFilter([receiver]))
    .map((group) => {
      const alerts = group.alerts.toSorted(compareAlerts).flatMap((alert) => {
        const status = statusFor(notifier, alert, filter);
        return status === undefined ? [] : [{ alert, status }];
      });
      return { ...group, alerts };
    })
    .filter(({ alerts }) => alerts.length > 0);
  const receivers = new Map<string, string[]>();
  for (const { alerts, receiver } of groups) {
    for (const { alert } of alerts) {
      const known = receivers.get(alert.fingerprint) ?? [];
      receivers.set(alert.fingerprint, [...known, receiver].sort(compareText));
    }
  }
  groups.sort((a, b) => compareLabels(a.labels, b.labels) || compareText(a.receiver, b.receiver));
  return jsonAnswer(
    groups
      .filter(({ mutedBy }) => showsMuted || mutedBy.length === 0)
      .map(({ alerts, labels, routeLabels, receiver, mutedBy }) => ({
        alerts: alerts.map(({ alert, status }) =>
          shownAlert(alert, status, receivers.get(alert.fingerprint)!, mutedBy),
        ),
        labels: plainLabels(labels),
        receiver: { name: receiver },
        routeLabels: plainLabels(routeLabels),
      })),
  );
}

interface ShownAlert {
  readonly fingerprint: string;
}

function shownAlert(
  alert: Alert,
  { state, silencedBy, inhibitedBy }: AlertStatus,
  receivers: readonly string[],
  mutedBy: readonly string[],
): ShownAlert {
  return {
    annotations: plainLabels(alert.annotations),
    endsAt: printMillis(alert.endsAt),
    fingerprint: alert.fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: printMillis(alert.startsAt),
    status: { inhibitedBy, mutedBy, silencedBy, state: mutedBy.length > 0 ? 'suppressed' : state },
    updatedAt: printMillis(instantAt(alert.updatedAtMs)),
    ...(alert.generatorUrl !== '' && { generatorURL: alert.generatorUrl }),
    labels: plainLabels(alert.labels),
  } as ShownAlert;
}

function takeAlerts(notifier: Notifier, { body }: ApiRequest): TextAnswer {
  const told = listOf(readJson(body, 'alerts'), 'alerts').map((item, i): ToldAlert => {
    const object = objectOf(item, `alerts.${i}`);
    const place = `${i}.`;
    return {
      labels: required(labelsIn(object, 'labels', place), `${place}labels`),
      annotations: labelsIn(object, 'annotations', place) ?? [],
      startsAt: timeIn(object, 'startsAt', place),
      endsAt: timeIn(object, 'endsAt', place),
      generatorUrl: textIn(object, 'generatorURL', place),
    };
  });
  const mistakes = notifier.receive(told);
  if (mistakes.length > 0) throw new AnswerError(400, 'bad_query', mistakes.join('\n'));
  return emptyAnswer(200);
}
