import { z } from 'zod';
import {
  type PromHttpConfig,
  parseHostPort,
  promHttpShape,
  type Secret,
  secret,
  strictObject,
  text,
  toPromHttp,
} from '#config';
import { address, bothGiven, flag, httpConfig, refuse, secretAddress, span } from './values.ts';

/** What receivers have unless they say otherwise. Keys of receivers that we don't have are accepted, and not kept. */
export interface GlobalConfig {
  readonly resolveTimeoutMs: number;
  readonly http: PromHttpConfig;
  readonly smtp: SmtpDefaults;
  readonly slack: {
    readonly apiUrl: Secret | undefined;
    readonly apiUrlFile: string;
    readonly appToken: Secret | undefined;
    readonly appTokenFile: string;
    readonly appUrl: string;
  };
  readonly pagerdutyUrl: string;
  readonly opsgenie: { readonly apiUrl: string; readonly apiKey: Secret | undefined; readonly apiKeyFile: string };
  readonly telegram: { readonly apiUrl: string; readonly botToken: Secret | undefined; readonly botTokenFile: string };
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface SmtpDefaults {
  readonly from: string;
  readonly hello: string;
  readonly smarthost: HostPort | undefined;
  readonly username: string;
  readonly password: Secret | undefined;
  readonly passwordFile: string;
  readonly secret: Secret | undefined;
  readonly secretFile: string;
  readonly identity: string;
  readonly requiresTls: boolean;
  readonly http: PromHttpConfig;
  readonly forcesImplicitTls: boolean | undefined;
}

/** `host:port`; the port has to be there. */
export function hostPort(): z.ZodType<HostPort | undefined> {
  return text('').transform((value, context) => {
    if (value === '') return undefined;
    const parsed = parseHostPort(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `expected host:port, got "${value}"` });
    return z.NEVER;
  });
}

const PLAIN_HTTP = strictObject(promHttpShape);

/** A block `tls_config` of its own, as the settings of a client that has nothing else. */
export const tlsConfig: z.ZodType<PromHttpConfig | undefined> = promHttpShape.tls_config
  .transform((tls) => toPromHttp({ ...PLAIN_HTTP.parse({}), tls_config: tls }))
  .optional();

export const globalSchema: z.ZodType<GlobalConfig> = strictObject({
  resolve_timeout: span().default(300_000).describe('when an alert without an end is over'),
  http_config: httpConfig.describe('how receivers are reached'),
  jira_api_url: address().optional(),
  smtp_from: text(''),
  smtp_hello: text('localhost'),
  smtp_smarthost: hostPort(),
  smtp_auth_username: text(''),
  smtp_auth_password: secret().optional(),
  smtp_auth_password_file: text(''),
  smtp_auth_secret: secret().optional(),
  smtp_auth_secret_file: text(''),
  smtp_auth_identity: text(''),
  smtp_require_tls: flag(true),
  smtp_tls_config: tlsConfig,
  smtp_force_implicit_tls: flag().optional(),
  slack_api_url: secretAddress().optional(),
  slack_api_url_file: text(''),
  slack_app_token: secret().optional(),
  slack_app_token_file: text(''),
  slack_app_url: address().default('https://slack.com/api/chat.postMessage'),
  pagerduty_url: address().default('https://events.pagerduty.com/v2/enqueue'),
  opsgenie_api_url: address().default('https://api.opsgenie.com/'),
  opsgenie_api_key: secret().optional(),
  opsgenie_api_key_file: text(''),
  wechat_api_url: address().optional(),
  wechat_api_secret: secret().optional(),
  wechat_api_secret_file: text(''),
  wechat_api_corp_id: text(''),
  victorops_api_url: address().optional(),
  victorops_api_key: secret().optional(),
  victorops_api_key_file: text(''),
  telegram_api_url: address().default('https://api.telegram.org'),
  telegram_bot_token: secret().optional(),
  telegram_bot_token_file: text(''),
  webex_api_url: address().optional(),
  rocketchat_api_url: address().optional(),
  rocketchat_token: secret().optional(),
  rocketchat_token_file: text(''),
  rocketchat_token_id: secret().optional(),
  rocketchat_token_id_file: text(''),
  mattermost_webhook_url: secretAddress().optional(),
  mattermost_webhook_url_file: text(''),
})
  .superRefine((raw, context) => {
    const hasApp = raw.slack_app_token !== undefined || raw.slack_app_token_file !== '';
    const hasUrl = raw.slack_api_url !== undefined || raw.slack_api_url_file !== '';
    const pair = (one: keyof typeof raw, file: keyof typeof raw): string | false =>
      bothGiven(raw[one], String(raw[file]), `${one} & ${file}`);
    refuse(context, [
      pair('slack_app_token', 'slack_app_token_file'),
      pair('slack_api_url', 'slack_api_url_file'),
      hasApp &&
        hasUrl &&
        raw.slack_api_url?.reveal() !== raw.slack_app_url &&
        'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured',
      pair('opsgenie_api_key', 'opsgenie_api_key_file'),
      pair('victorops_api_key', 'victorops_api_key_file'),
      pair('telegram_bot_token', 'telegram_bot_token_file'),
      pair('smtp_auth_password', 'smtp_auth_password_file'),
      pair('smtp_auth_secret', 'smtp_auth_secret_file'),
      pair('rocketchat_token', 'rocketchat_token_file'),
      pair('rocketchat_token_id', 'rocketchat_token_id_file'),
      pair('wechat_api_secret', 'wechat_api_secret_file'),
      pair('mattermost_webhook_url', 'mattermost_webhook_url_file'),
    ]);
  })
  .transform((raw) => ({
    resolveTimeoutMs: raw.resolve_timeout,
    http: raw.http_config ?? toPromHttp(PLAIN_HTTP.parse({})),
    smtp: {
      from: raw.smtp_from,
      hello: raw.smtp_hello,
      smarthost: raw.smtp_smarthost,
      username: raw.smtp_auth_username,
      password: raw.smtp_auth_password,
      passwordFile: raw.smtp_auth_password_file,
      secret: raw.smtp_auth_secret,
      secretFile: raw.smtp_auth_secret_file,
      identity: raw.smtp_auth_identity,
      requiresTls: raw.smtp_require_tls,
      http: raw.smtp_tls_config ?? toPromHttp(PLAIN_HTTP.parse({})),
      forcesImplicitTls: raw.smtp_force_implicit_tls,
    },
    slack: {
      apiUrl: raw.slack_api_url,
      apiUrlFile: raw.slack_api_url_file,
      appToken: raw.slack_app_token,
      appTokenFile: raw.slack_app_token_file,
      appUrl: raw.slack_app_url,
    },
    pagerdutyUrl: raw.pagerduty_url,
    opsgenie: {
      apiUrl: raw.opsgenie_api_url,
      apiKey: raw.opsgenie_api_key,
      apiKeyFile: raw.opsgenie_api_key_file,
    },
    telegram: {
      apiUrl: raw.telegram_api_url,
      botToken: raw.telegram_bot_token,
      botTokenFile: raw.telegram_bot_token_file,
    },
  }));
