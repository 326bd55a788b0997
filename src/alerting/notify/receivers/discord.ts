import type { z } from 'zod';
import { type PromHttpConfig, type Secret, strictObject, text } from '#config';
import { isResolved } from '../alert.ts';
import { bothGiven, flag, httpConfig, refuse, secretAddress } from '../config/values.ts';
import { withoutEmpty } from '../go-json.ts';
import { deliver, secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';
import { truncateCharacters } from './truncate.ts';

interface DiscordConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly webhookUrl: Secret | undefined;
  readonly webhookUrlFile: string;
  readonly content: string;
  readonly title: string;
  readonly message: string;
  readonly username: string;
  readonly avatarUrl: string;
}

const TITLE_LIMIT = 256;
const MESSAGE_LIMIT = 4096;
const CONTENT_LIMIT = 2000;
const RED = 0x992d22;
const GREEN = 0x2ecc71;

const schema: z.ZodType<DiscordConfig> = strictObject({
  send_resolved: flag(true),
  http_config: httpConfig,
  webhook_url: secretAddress().optional(),
  webhook_url_file: text(''),
  content: text(''),
  title: text('{{ template "discord.default.title" . }}'),
  message: text('{{ template "discord.default.message" . }}'),
  username: text(''),
  avatar_url: text(''),
})
  .superRefine((raw, context) => {
    const isMissing = raw.webhook_url === undefined && raw.webhook_url_file === '';
    refuse(context, [
      isMissing && 'one of webhook_url or webhook_url_file must be configured',
      bothGiven(raw.webhook_url, raw.webhook_url_file, 'webhook_url & webhook_url_file'),
    ]);
  })
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    http: raw.http_config,
    webhookUrl: raw.webhook_url,
    webhookUrlFile: raw.webhook_url_file,
    content: raw.content,
    title: raw.title,
    message: raw.message,
    username: raw.username,
    avatarUrl: raw.avatar_url,
  }));

/** Messages with one embed (alertmanager/notify/discord). */
export const discord: ReceiverType<DiscordConfig> = {
  name: 'discord',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config) => config,
  make: (config, { http, templates, data }) => {
    const sender = http(config.http);
    return sending(async (notification, abort) => {
      const about = data(notification);
      const render = (template: string, limit: number): string =>
        truncateCharacters(templates.text(template, about), limit);
      const isOver = notification.alerts.every((alert) => isResolved(alert, notification.nowMs));
      const embed = {
        title: render(config.title, TITLE_LIMIT),
        description: render(config.message, MESSAGE_LIMIT),
        color: isOver ? GREEN : RED,
      };
      const { username, avatarUrl } = config;
      const body = {
        content: render(config.content, CONTENT_LIMIT),
        embeds: [embed],
        ...withoutEmpty({ username, avatar_url: URL.canParse(avatarUrl) ? avatarUrl : '' }),
      };
      const url = await secretText(config.webhookUrl, config.webhookUrlFile);
      return deliver(sender, { url, body, abort }, { statuses: [429] });
    });
  },
};
