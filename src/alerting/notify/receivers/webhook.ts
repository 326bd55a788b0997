import { z } from 'zod';
import { duration, integer, type PromHttpConfig, type Secret, strictObject, text } from '#config';
import { bothGiven, flag, httpConfig, refuse, secretAddressTemplate } from '../config/values.ts';
import { failure } from '../notification.ts';
import { renderDeep } from '../template/deep.ts';
import { deliver, secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';

interface WebhookConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly url: Secret | undefined;
  readonly urlFile: string;
  /** 0: all. */
  readonly maxAlerts: number;
  readonly timeoutMs: number;
  /** A body in place of Alertmanager's own: its texts are templates. */
  readonly payload: unknown;
}

const schema: z.ZodType<WebhookConfig> = strictObject({
  send_resolved: flag(true).describe('tells of the end, too'),
  http_config: httpConfig,
  url: secretAddressTemplate().optional().describe('where it is sent'),
  url_file: text('').describe('the same in a file'),
  max_alerts: integer(0, { min: 0 }).describe('more of them are left out, and counted'),
  timeout: duration(0).describe('of one attempt'),
  payload: z.any().optional().describe('a body of your own'),
})
  .superRefine((raw, context) => {
    refuse(context, [
      raw.url === undefined && raw.url_file === '' && 'one of url or url_file must be configured',
      bothGiven(raw.url, raw.url_file, 'url & url_file'),
    ]);
  })
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    http: raw.http_config,
    url: raw.url,
    urlFile: raw.url_file,
    maxAlerts: raw.max_alerts,
    timeoutMs: raw.timeout,
    payload: raw.payload,
  }));

/** Alertmanager's own JSON, version 4 (alertmanager/notify/webhook). */
export const webhook: ReceiverType<WebhookConfig> = {
  name: 'webhook',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config) => config,
  make: (config, { http, templates, data }) => {
    const sender = http(config.http);
    return sending(async (notification, abort) => {
      const { alerts } = notification;
      const kept = config.maxAlerts > 0 ? alerts.slice(0, config.maxAlerts) : alerts;
      const about = data({ ...notification, alerts: kept });
      const render = (template: string): string => templates.text(template, about);
      const body =
        config.payload === undefined || config.payload === null
          ? {
              ...about.toJSON(),
              version: '4',
              groupKey: notification.groupKey,
              truncatedAlerts: alerts.length - kept.length,
            }
          : (renderDeep(config.payload, render) as object);
      const url = render(await secretText(config.url, config.urlFile));
      if (url === '') return failure('webhook URL is empty after templating', false);
      return deliver(sender, { url, body, timeoutMs: config.timeoutMs, abort });
    });
  },
};
