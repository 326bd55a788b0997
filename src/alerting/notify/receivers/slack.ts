import type { z } from 'zod';
import { duration, list, type PromHttpConfig, Secret, secret, strictObject, text } from '#config';
import { address, bothGiven, flag, httpConfig, refuse, secretAddress } from '../config/values.ts';
import { withoutEmpty } from '../go-json.ts';
import { DELIVERED, failure, type Verdict } from '../notification.ts';
import {
  bodyOf,
  failedToSend,
  type JsonPost,
  type JsonSender,
  judge,
  retryAfterMs,
  secretText,
} from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';
import { truncateCharacters } from './truncate.ts';

interface SlackConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly apiUrl: Secret | undefined;
  readonly apiUrlFile: string;
  readonly appToken: Secret | undefined;
  readonly appTokenFile: string;
  readonly appUrl: string | undefined;
  /** Whether the token of the app is sent. */
  readonly isApp: boolean;
  readonly channel: string;
  /** Templates of the message and its attachment, by Slack's names. */
  readonly message: Readonly<Record<'username' | 'icon_emoji' | 'icon_url' | 'text', string>>;
  readonly attachment: Readonly<Record<(typeof ATTACHMENT_TEXTS)[number], string>>;
  readonly linkNames: boolean;
  readonly markdownIn: readonly string[];
  readonly shortFields: boolean;
  readonly fields: readonly SlackField[];
  readonly actions: readonly SlackAction[];
  readonly updatesMessage: boolean;
  readonly postsToThread: boolean;
  readonly timeoutMs: number;
}

interface SlackField {
  readonly title: string;
  readonly value: string;
  readonly short?: boolean | undefined;
}

interface SlackAction {
  readonly type: string;
  readonly text: string;
  readonly url: string;
  readonly style: string;
  readonly name: string;
  readonly value: string;
  readonly confirm?: { readonly [name: string]: string } | undefined;
}

const ATTACHMENT_TEXTS = [
  'title',
  'title_link',
  'pretext',
  'text',
  'fallback',
  'callback_id',
  'image_url',
  'thumb_url',
  'footer',
  'color',
] as const;
/** These are sent also where they are empty. */
const ALWAYS_SENT: ReadonlySet<string> = new Set(['text', 'fallback', 'callback_id', 'footer']);
const TITLE_LIMIT = 1024;
const POST_URL = 'https://slack.com/api/chat.postMessage';
const UPDATE_URL = 'https://slack.com/api/chat.update';

const byDefault = (name: string): z.ZodType<string> => text(`{{ template "slack.default.${name}" . }}`);

const field: z.ZodType<SlackField> = strictObject({
  title: text(''),
  value: text(''),
  short: flag().optional(),
}).superRefine(({ title, value }, context) => {
  refuse(context, [
    title === '' && 'missing title in Slack field configuration',
    value === '' && 'missing value in Slack field configuration',
  ]);
});
const confirm = strictObject({
  text: text(''),
  title: text(''),
  ok_text: text(''),
  dismiss_text: text(''),
}).superRefine((raw, context) =>
  refuse(context, [raw.text === '' && 'missing text in Slack confirmation configuration']),
);
const action: z.ZodType<SlackAction> = strictObject({
  type: text(''),
  text: text(''),
  url: text(''),
  style: text(''),
  name: text(''),
  value: text(''),
  confirm: confirm.optional(),
})
  .superRefine((raw, context) => {
    refuse(context, [
      raw.url === '' && raw.name === '' && 'missing name or url in Slack action configuration',
      raw.type === '' && 'missing type in Slack action configuration',
      raw.text === '' && 'missing text in Slack action configuration',
    ]);
  })
  .transform((raw) => (raw.url === '' ? raw : { ...raw, name: '', value: '', confirm: undefined }));

const schema: z.ZodType<SlackConfig> = strictObject({
  send_resolved: flag(false),
  http_config: httpConfig,
  api_url: secretAddress().optional(),
  api_url_file: text(''),
  app_token: secret().optional(),
  app_token_file: text(''),
  app_url: address().optional(),
  channel: text(''),
  username: byDefault('username'),
  color: byDefault('color'),
  title: byDefault('title'),
  title_link: byDefault('titlelink'),
  pretext: byDefault('pretext'),
  text: byDefault('text'),
  message_text: text(''),
  fields: list(field),
  short_fields: flag(false),
  footer: byDefault('footer'),
  fallback: byDefault('fallback'),
  callback_id: byDefault('callbackid'),
  icon_emoji: byDefault('iconemoji'),
  icon_url: byDefault('iconurl'),
  image_url: text(''),
  thumb_url: text(''),
  link_names: flag(false),
  mrkdwn_in: list(text()),
  actions: list(action),
  update_message: flag(false),
  post_updates_to_thread: flag(false),
  timeout: duration(0),
})
  .superRefine((raw, context) => {
    const hasUrl = raw.api_url !== undefined || raw.api_url_file !== '';
    const hasApp = raw.app_token !== undefined || raw.app_token_file !== '';
    refuse(context, [
      bothGiven(raw.api_url, raw.api_url_file, 'api_url & api_url_file'),
      bothGiven(raw.app_token, raw.app_token_file, 'app_token & app_token_file'),
      hasUrl && hasApp && 'at most one of api_url/api_url_file & app_token/app_token_file must be configured',
      raw.update_message && ofBotsOnly('update_message', raw.api_url, raw.api_url_file),
      raw.post_updates_to_thread && ofBotsOnly('post_updates_to_thread', raw.api_url, raw.api_url_file),
    ]);
  })
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    http: raw.http_config,
    apiUrl: raw.api_url,
    apiUrlFile: raw.api_url_file,
    appToken: raw.app_token,
    appTokenFile: raw.app_token_file,
    appUrl: raw.app_url,
    isApp: raw.app_token !== undefined || raw.app_token_file !== '',
    channel: raw.channel,
    message: {
      username: raw.username,
      icon_emoji: raw.icon_emoji,
      icon_url: raw.icon_url,
      text: raw.message_text,
    },
    attachment: raw,
    linkNames: raw.link_names,
    markdownIn: raw.mrkdwn_in.length === 0 ? ['fallback', 'pretext', 'text'] : raw.mrkdwn_in,
    shortFields: raw.short_fields,
    fields: raw.fields,
    actions: raw.actions,
    updatesMessage: raw.update_message,
    postsToThread: raw.post_updates_to_thread,
    timeoutMs: raw.timeout,
  }));

function ofBotsOnly(option: string, apiUrl: Secret | undefined, apiUrlFile: string): string | false {
  if (apiUrl === undefined) return apiUrlFile !== '' && `${option} can't be used with api_url_file`;
  return (
    apiUrl.reveal() !== POST_URL && `${option} can only be used with bot tokens. api_url must be set to ${POST_URL}`
  );
}

/** Messages with an attachment (alertmanager/notify/slack). */
export const slack: ReceiverType<SlackConfig> = {
  name: 'slack',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config, { slack: global }) => {
    const { updatesMessage, postsToThread } = config;
    const isOwn = config.isApp || config.http?.credentials?.kind === 'token' || config.apiUrl !== undefined;
    const app = isOwn ? config : { appToken: global.appToken, appTokenFile: global.appTokenFile };
    const hasOwnUrl = config.apiUrl !== undefined || config.apiUrlFile !== '';
    const place = hasOwnUrl ? config : { apiUrl: global.apiUrl, apiUrlFile: global.apiUrlFile };
    const isApp = app.appToken !== undefined || app.appTokenFile !== '';
    if (!isApp && place.apiUrl === undefined && place.apiUrlFile === '') {
      return 'no Slack API URL nor App token set either inline or in a file';
    }
    if (isApp && config.http?.credentials?.kind === 'token') {
      return "http authorization can't be set when using Slack App tokens";
    }
    const appUrl = config.appUrl ?? global.appUrl;
    const apiUrl = isApp ? new Secret(appUrl) : place.apiUrl;
    const mistake =
      (updatesMessage && ofBotsOnly('update_message', apiUrl, place.apiUrlFile)) ||
      (postsToThread && ofBotsOnly('post_updates_to_thread', apiUrl, place.apiUrlFile));
    if (mistake) return mistake;
    return { ...config, ...app, isApp, apiUrl, apiUrlFile: isApp ? '' : place.apiUrlFile };
  },
  make: (config, { http, templates, data, clock }) => {
    const sender = http(config.http);
    return sending(async (notification, abort) => {
      const about = data(notification);
      const render = (template: string): string => templates.text(template, about);
      const message = messageOf(config, render);
      const url = await secretText(config.apiUrl, config.apiUrlFile);
      const token = config.isApp ? await secretText(config.appToken, config.appTokenFile) : '';
      const post = (to: string, body: object): JsonPost => ({
        url: to,
        body,
        timeoutMs: config.timeoutMs,
        abort,
        ...(token !== '' && { headers: { authorization: `Bearer ${token}` } }),
      });
      const keeps = config.updatesMessage || config.postsToThread;
      const { kept } = notification;
      const [ts, channelId] = [keeps && kept.get('threadTs'), keeps && kept.get('channelId')];
      const nowMs = (): number => clock.nowMs();
      if (!ts || !channelId) {
        const channel = render(config.channel);
        const first = post(url, { ...message, ...withoutEmpty({ channel }) });
        return send(sender, first, channel, nowMs, keeps ? kept : undefined);
      }
      if (config.updatesMessage) {
        const verdict = await send(sender, post(UPDATE_URL, { ...message, channel: channelId, ts }), channelId, nowMs);
        if (!verdict.isDelivered) return verdict;
      }
      if (!config.postsToThread) return DELIVERED;
      return send(sender, post(url, { ...message, channel: channelId, thread_ts: ts }), channelId, nowMs);
    });
  },
};

function messageOf(config: SlackConfig, render: (template: string) => string): object {
  const texts = Object.fromEntries(
    ATTACHMENT_TEXTS.map((name) => [name, render(config.attachment[name])] as const),
  ) as Record<string, string>;
  texts['title'] = truncateCharacters(texts['title']!, TITLE_LIMIT);
  const fields = config.fields.map(({ title, value, short }) => ({
    ...withoutEmpty({ title: render(title), value: render(value) }),
    short: short ?? config.shortFields,
  }));
  const actions = config.actions.map(({ confirm: asked, ...action }) => ({
    ...withoutEmpty(mapValues(action, render)),
    ...(asked !== undefined && { confirm: withoutEmpty(mapValues(asked, render)) }),
  }));
  const attachment = {
    ...Object.fromEntries(Object.entries(texts).filter(([name, value]) => value !== '' || ALWAYS_SENT.has(name))),
    ...withoutEmpty({ fields, actions }),
    mrkdwn_in: config.markdownIn,
  };
  return {
    ...withoutEmpty({ ...mapValues(config.message, render), link_names: config.linkNames }),
    attachments: [attachment],
  };
}

function mapValues(
  object: { readonly [name: string]: string },
  change: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

/** Slack says in the body of an answer with 200 whether it took the message. */
async function send(
  sender: JsonSender,
  post: JsonPost,
  channel: string,
  nowMs: () => number,
  kept?: Map<string, string>,
): Promise<Verdict> {
  const said = (message: string, isRetryable: boolean, afterMs = 0): Verdict =>
    failure(`channel "${channel}": ${message}`, isRetryable, afterMs);
  let answer: Awaited<ReturnType<JsonSender['post']>>;
  try {
    answer = await sender.post(post);
  } catch (error) {
    return failedToSend(error);
  }
  const verdict = judge(answer, { statuses: [429] });
  if (!verdict.isDelivered) {
    return said(verdict.message, verdict.isRetryable, verdict.isRetryable ? retryAfterMs(answer, nowMs()) : 0);
  }
  const text = bodyOf(answer);
  if (!String(answer.headers['content-type']).startsWith('application/json')) {
    return text === 'ok' ? DELIVERED : said(`received an error response from Slack: ${text.slice(0, 200)}`, false);
  }
  let told: { readonly ok?: unknown; readonly error?: unknown; readonly channel?: unknown; readonly ts?: unknown };
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    return said(`could not read the JSON response: ${text.slice(0, 200)}`, true);
  }
  if (told.ok !== true) return said(`error response from Slack: ${String(told.error ?? '')}`, false);
  if (kept !== undefined && typeof told.ts === 'string' && typeof told.channel === 'string') {
    kept.set('threadTs', told.ts).set('channelId', told.channel);
  }
  return DELIVERED;
}
