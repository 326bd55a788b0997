import type { z } from 'zod';
import { list, type PromHttpConfig, type Secret, secret, strictObject, text } from '#config';
import { isResolved } from '../alert.ts';
import { address, bothGiven, flag, httpConfig, refuse, type TextMap, texts } from '../config/values.ts';
import { withoutEmpty } from '../go-json.ts';
import { DELIVERED, hashOfKey } from '../notification.ts';
import { deliver, secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';
import { truncateCharacters } from './truncate.ts';

interface OpsgenieConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly apiKey: Secret | undefined;
  readonly apiKeyFile: string;
  /** Ends with a slash once it is complete. */
  readonly apiUrl: string | undefined;
  readonly texts: Readonly<
    Record<'message' | 'description' | 'source' | 'entity' | 'actions' | 'tags' | 'note' | 'priority', string>
  >;
  readonly details: TextMap;
  readonly responders: readonly Responder[];
  readonly updatesAlerts: boolean;
}

interface Responder {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly type: string;
}

const RESPONDER_TYPES = /^(team|teams|user|escalation|schedule)$/;
const MESSAGE_LIMIT = 130;

const responder: z.ZodType<Responder> = strictObject({
  id: text(''),
  name: text(''),
  username: text(''),
  type: text(''),
}).superRefine((raw, context) => {
  const isTemplate = raw.type.includes('{{');
  refuse(context, [
    raw.id === '' && raw.name === '' && raw.username === '' && 'has to have at least one of id, username or name',
    !isTemplate &&
      !RESPONDER_TYPES.test(raw.type.toLowerCase()) &&
      'type does not match valid options: team, teams, user, escalation, schedule',
  ]);
});

const schema: z.ZodType<OpsgenieConfig> = strictObject({
  send_resolved: flag(true),
  http_config: httpConfig,
  api_key: secret().optional(),
  api_key_file: text(''),
  api_url: address().optional(),
  message: text('{{ template "opsgenie.default.message" . }}'),
  description: text('{{ template "opsgenie.default.description" . }}'),
  source: text('{{ template "opsgenie.default.source" . }}'),
  details: texts(),
  entity: text(''),
  responders: list(responder),
  actions: text(''),
  tags: text(''),
  note: text(''),
  priority: text(''),
  update_alerts: flag(false),
})
  .superRefine((raw, context) => refuse(context, [bothGiven(raw.api_key, raw.api_key_file, 'api_key & api_key_file')]))
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    http: raw.http_config,
    apiKey: raw.api_key,
    apiKeyFile: raw.api_key_file,
    apiUrl: raw.api_url,
    texts: raw,
    details: raw.details,
    responders: raw.responders,
    updatesAlerts: raw.update_alerts,
  }));

/** Alerts of Opsgenie's API, version 2 (alertmanager/notify/opsgenie). */
export const opsgenie: ReceiverType<OpsgenieConfig> = {
  name: 'opsgenie',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config, { opsgenie: global }) => {
    const hasKey = config.apiKey !== undefined || config.apiKeyFile !== '';
    if (!hasKey && global.apiKey === undefined && global.apiKeyFile === '') {
      return 'no global OpsGenie API Key set either inline or in a file';
    }
    const apiUrl = (config.apiUrl ?? global.apiUrl).replace(/\/?$/, '/');
    return { ...config, ...(!hasKey && { apiKey: global.apiKey, apiKeyFile: global.apiKeyFile }), apiUrl };
  },
  make: (config, { http, templates, data }) => {
    const sender = http(config.http);
    return sending(async (notification, abort) => {
      const about = data(notification);
      const render = (template: string): string => templates.text(template, about);
      const key = render(await secretText(config.apiKey, config.apiKeyFile)).trim();
      const isOver = notification.alerts.every((alert) => isResolved(alert, notification.nowMs));
      const requests = requestsFor(config, render, hashOfKey(notification.groupKey), isOver, about.CommonLabels);
      for (const { path, method, body } of requests) {
        const post = { url: config.apiUrl! + path, method, body, headers: { authorization: `GenieKey ${key}` }, abort };
        const verdict = await deliver(sender, post, { statuses: [429] });
        if (!verdict.isDelivered) return verdict;
      }
      return DELIVERED;
    });
  },
};

interface OpsgenieRequest {
  readonly path: string;
  readonly method: 'POST' | 'PUT';
  readonly body: object;
}

function requestsFor(
  config: OpsgenieConfig,
  render: (template: string) => string,
  alias: string,
  isOver: boolean,
  labels: TextMap,
): readonly OpsgenieRequest[] {
  const source = render(config.texts.source);
  const about = (what: string): string => `v2/alerts/${alias}/${what}?identifierType=alias`;
  if (isOver) return [{ path: about('close'), method: 'POST', body: { source } }];
  const { texts: templates } = config;
  const message = truncateCharacters(render(templates.message), MESSAGE_LIMIT);
  const description = render(templates.description);
  const details = new Map(labels);
  for (const [name, value] of config.details) details.set(name, render(value));
  const create = {
    alias,
    message,
    ...withoutEmpty({ description }),
    details: Object.fromEntries(Array.from(details).sort(([a], [b]) => (a < b ? -1 : 1))),
    source,
    ...withoutEmpty({
      responders: config.responders.flatMap((one) => respondersOf(one, render)),
      tags: words(render(templates.tags)),
      note: render(templates.note),
      priority: render(templates.priority),
      entity: render(templates.entity),
      actions: words(render(templates.actions)),
    }),
  };
  const requests: OpsgenieRequest[] = [{ path: 'v2/alerts', method: 'POST', body: create }];
  if (config.updatesAlerts) {
    requests.push({ path: about('message'), method: 'PUT', body: withoutEmpty({ message }) });
    requests.push({ path: about('description'), method: 'PUT', body: withoutEmpty({ description }) });
  }
  return requests;
}

function respondersOf(configured: Responder, render: (template: string) => string): readonly object[] {
  const one = {
    id: render(configured.id),
    name: render(configured.name),
    username: render(configured.username),
    type: render(configured.type),
  };
  if (Object.values(one).every((part) => part === '')) return [];
  if (one.type === 'teams') return words(one.name).map((name) => ({ name: render(name), type: 'team' }));
  const { type, ...rest } = one;
  return [{ ...withoutEmpty(rest), type }];
}

/** What stands between commas. */
function words(text: string): readonly string[] {
  return text
    .trim()
    .split(',')
    .filter((word) => word !== '');
}
