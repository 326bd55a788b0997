import type { z } from 'zod';
import { type PromHttpConfig, type Secret, strictObject, text } from '#config';
import { isResolved } from '../alert.ts';
import { bothGiven, flag, httpConfig, refuse, secretAddress } from '../config/values.ts';
import type { Notification } from '../notification.ts';
import { deliver, secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';

interface TeamsConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly webhookUrl: Secret | undefined;
  readonly webhookUrlFile: string;
  readonly title: string;
  /** Of the older cards alone. */
  readonly summary: string;
  readonly text: string;
}

const common = {
  send_resolved: flag(true),
  http_config: httpConfig,
  webhook_url: secretAddress().optional(),
  webhook_url_file: text(''),
};

interface RawPlace {
  readonly webhook_url?: Secret | undefined;
  readonly webhook_url_file: string;
}

function checkPlace(raw: RawPlace, context: z.RefinementCtx): void {
  const isMissing = raw.webhook_url === undefined && raw.webhook_url_file === '';
  refuse(context, [
    isMissing && 'one of webhook_url or webhook_url_file must be configured',
    bothGiven(raw.webhook_url, raw.webhook_url_file, 'webhook_url & webhook_url_file'),
  ]);
}

interface RawTeams extends RawPlace {
  readonly send_resolved: boolean;
  readonly http_config?: PromHttpConfig | undefined;
  readonly title: string;
  readonly summary?: string;
  readonly text: string;
}

const toTeams = (raw: RawTeams): TeamsConfig => ({
  sendsResolved: raw.send_resolved,
  http: raw.http_config,
  webhookUrl: raw.webhook_url,
  webhookUrlFile: raw.webhook_url_file,
  title: raw.title,
  summary: raw.summary ?? '',
  text: raw.text,
});

/** Cards of Office 365 connectors (alertmanager/notify/msteams). */
export const msteams: ReceiverType<TeamsConfig> = {
  name: 'msteams',
  schema: strictObject({
    ...common,
    title: text('{{ template "msteams.default.title" . }}'),
    summary: text('{{ template "msteams.default.summary" . }}'),
    text: text('{{ template "msteams.default.text" . }}'),
  })
    .superRefine(checkPlace)
    .transform(toTeams),
  ...teams((render, config, isOver) => ({
    '@context': 'http://schema.org/extensions',
    type: 'MessageCard',
    title: render(config.title),
    summary: render(config.summary),
    text: render(config.text),
    themeColor: isOver ? '2DC72D' : '8C1A1A',
  })),
};

/** Adaptive cards of Power Automate's flows (alertmanager/notify/msteamsv2). */
export const msteamsv2: ReceiverType<TeamsConfig> = {
  name: 'msteamsv2',
  schema: strictObject({
    ...common,
    title: text('{{ template "msteamsv2.default.title" . }}'),
    text: text('{{ template "msteamsv2.default.text" . }}'),
  })
    .superRefine(checkPlace)
    .transform(toTeams),
  ...teams((render, config, isOver) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.2',
          body: [
            {
              type: 'TextBlock',
              text: render(config.title),
              weight: 'Bolder',
              size: 'Medium',
              wrap: true,
              style: 'heading',
              color: isOver ? 'Good' : 'Attention',
            },
            { type: 'TextBlock', text: render(config.text), wrap: true },
          ],
          msteams: { width: 'full' },
        },
      },
    ],
  })),
};

type Card = (render: (template: string) => string, config: TeamsConfig, isOver: boolean) => object;

function teams(card: Card): Omit<ReceiverType<TeamsConfig>, 'name' | 'schema'> {
  return {
    sendsResolved: (config) => config.sendsResolved,
    complete: (config) => config,
    make: (config, { http, templates, data }) => {
      const sender = http(config.http);
      return sending(async (notification, abort) => {
        const about = data(notification);
        const body = card((template) => templates.text(template, about), config, isOver(notification));
        return deliver(sender, { url: await secretText(config.webhookUrl, config.webhookUrlFile), body, abort });
      });
    },
  };
}

function isOver({ alerts, nowMs }: Notification): boolean {
  return alerts.every((alert) => isResolved(alert, nowMs));
}
