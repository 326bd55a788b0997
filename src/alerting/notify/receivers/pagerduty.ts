import { z } from 'zod';
import { duration, list, mapOf, type PromHttpConfig, type Secret, secret, strictObject, text } from '#config';
import type { HttpAnswer } from '#net';
import { isResolved } from '../alert.ts';
import { address, bothGiven, flag, httpConfig, refuse } from '../config/values.ts';
import { goJson, withoutEmpty } from '../go-json.ts';
import { failure, hashOfKey } from '../notification.ts';
import { renderDeep } from '../template/deep.ts';
import { deliver, secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';
import { truncateCharacters } from './truncate.ts';

interface PagerdutyConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly routingKey: Secret | undefined;
  readonly routingKeyFile: string;
  /** Of the first version of the API. */
  readonly serviceKey: Secret | undefined;
  readonly serviceKeyFile: string;
  readonly url: string | undefined;
  readonly texts: Readonly<
    Record<'client' | 'clientUrl' | 'description' | 'source' | 'severity' | 'class' | 'component' | 'group', string>
  >;
  readonly details: ReadonlyMap<string, unknown>;
  readonly images: readonly { readonly src: string; readonly alt: string; readonly href: string }[];
  readonly links: readonly { readonly href: string; readonly text: string }[];
  readonly timeoutMs: number;
}

const DETAILS: readonly (readonly [string, string])[] = [
  ['firing', '{{ .Alerts.Firing | toJson }}'],
  ['resolved', '{{ .Alerts.Resolved | toJson }}'],
  ['num_firing', '{{ .Alerts.Firing | len }}'],
  ['num_resolved', '{{ .Alerts.Resolved | len }}'],
];
const EVENT_LIMIT_BYTES = 512_000;
const SUMMARY_LIMIT = 1024;
const FIRST_VERSION_URL = 'https://events.pagerduty.com/generic/2010-04-15/create_event.json';

const schema: z.ZodType<PagerdutyConfig> = strictObject({
  send_resolved: flag(true),
  http_config: httpConfig,
  service_key: secret().optional(),
  service_key_file: text(''),
  routing_key: secret().optional(),
  routing_key_file: text(''),
  url: address().optional(),
  client: text('{{ template "pagerduty.default.client" . }}'),
  client_url: text('{{ template "pagerduty.default.clientURL" . }}'),
  description: text('{{ template "pagerduty.default.description" .}}'),
  details: mapOf(z.any()),
  images: list(strictObject({ src: text(''), alt: text(''), href: text('') })),
  links: list(strictObject({ href: text(''), text: text('') })),
  source: text(''),
  severity: text(''),
  class: text(''),
  component: text(''),
  group: text(''),
  timeout: duration(0),
})
  .superRefine((raw, context) => {
    const isMissing = [
      raw.routing_key?.reveal(),
      raw.routing_key_file,
      raw.service_key?.reveal(),
      raw.service_key_file,
    ];
    refuse(context, [
      isMissing.every((given) => given === undefined || given === '') &&
        'missing service or routing key in PagerDuty config',
      bothGiven(raw.routing_key, raw.routing_key_file, 'routing_key & routing_key_file'),
      bothGiven(raw.service_key, raw.service_key_file, 'service_key & service_key_file'),
    ]);
  })
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    http: raw.http_config,
    routingKey: raw.routing_key,
    routingKeyFile: raw.routing_key_file,
    serviceKey: raw.service_key,
    serviceKeyFile: raw.service_key_file,
    url: raw.url,
    texts: {
      client: raw.client,
      clientUrl: raw.client_url,
      description: raw.description,
      source: raw.source === '' ? raw.client : raw.source,
      severity: raw.severity === '' ? 'error' : raw.severity,
      class: raw.class,
      component: raw.component,
      group: raw.group,
    },
    details: new Map([...DETAILS, ...raw.details]),
    images: raw.images,
    links: raw.links,
    timeoutMs: raw.timeout,
  }));

/** Events of PagerDuty's API, version 2, and 1 where a service key is given (alertmanager/notify/pagerduty). */
export const pagerduty: ReceiverType<PagerdutyConfig> = {
  name: 'pagerduty',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config, global) => ({ ...config, url: config.url ?? global.pagerdutyUrl }),
  make: (config, { http, templates, data }) => {
    const sender = http(config.http);
    const isFirstVersion = config.serviceKey !== undefined || config.serviceKeyFile !== '';
    return sending(async (notification, abort) => {
      const about = data(notification);
      const render = (template: string): string => templates.text(template, about);
      const isOver = notification.alerts.every((alert) => isResolved(alert, notification.nowMs));
      const event = {
        action: isOver ? 'resolve' : 'trigger',
        key: hashOfKey(notification.groupKey),
        details: Object.fromEntries(
          Array.from(config.details)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => [name, renderDeep(value, render)] as const),
        ),
      } as const;
      const secretKey = isFirstVersion
        ? await secretText(config.serviceKey, config.serviceKeyFile)
        : await secretText(config.routingKey, config.routingKeyFile);
      const key = render(secretKey);
      if (key === '') return failure(`${isFirstVersion ? 'service' : 'routing'} key cannot be empty`, false);
      const make = isFirstVersion ? firstVersion : secondVersion;
      let body = make(config, render, key, event);
      if (Buffer.byteLength(goJson(body)) + 1 > EVENT_LIMIT_BYTES) {
        const error = 'Custom details have been removed because the original event exceeds the maximum size of 512KB';
        body = make(config, render, key, { ...event, details: { error } });
      }
      const url = isFirstVersion ? FIRST_VERSION_URL : config.url!;
      const statuses = isFirstVersion ? [403] : [429];
      return deliver(sender, { url, body, timeoutMs: config.timeoutMs, abort }, { statuses, details: saidBy });
    });
  },
};

interface PagerdutyEvent {
  readonly action: 'trigger' | 'resolve';
  readonly key: string;
  readonly details: object;
}

type Render = (template: string) => string;

function secondVersion(config: PagerdutyConfig, render: Render, routingKey: string, event: PagerdutyEvent): object {
  const { texts } = config;
  const images = config.images
    .map(({ src, alt, href }) => ({ src: render(src), alt: render(alt), href: render(href) }))
    .filter(({ src }) => src !== '');
  const links = config.links
    .map(({ href, text: words }) => ({ href: render(href), text: render(words) }))
    .filter(({ href }) => href !== '');
  return {
    ...withoutEmpty({ routing_key: routingKey, dedup_key: event.key }),
    event_action: event.action,
    payload: {
      summary: truncateCharacters(render(texts.description), SUMMARY_LIMIT),
      source: render(texts.source),
      severity: render(texts.severity),
      ...withoutEmpty({
        class: render(texts.class),
        component: render(texts.component),
        group: render(texts.group),
        custom_details: event.details,
      }),
    },
    ...withoutEmpty({ client: render(texts.client), client_url: render(texts.clientUrl), images, links }),
  };
}

function firstVersion(config: PagerdutyConfig, render: Render, serviceKey: string, event: PagerdutyEvent): object {
  const { texts } = config;
  return {
    ...withoutEmpty({
      service_key: serviceKey,
      incident_key: event.key,
      event_type: event.action,
      description: truncateCharacters(render(texts.description), SUMMARY_LIMIT),
    }),
    event_action: '',
    payload: null,
    ...(event.action === 'trigger' &&
      withoutEmpty({ client: render(texts.client), client_url: render(texts.clientUrl) })),
    details: event.details,
  };
}

/** What PagerDuty has to say of a request that it refuses. */
function saidBy({ status, body }: HttpAnswer): string {
  if (status !== 400) return '';
  try {
    const { message = '', errors = [] } = JSON.parse(Buffer.from(body).toString()) as {
      message?: string;
      errors?: string[];
    };
    return `${message}: ${errors.join(',')}`;
  } catch {
    return '';
  }
}
