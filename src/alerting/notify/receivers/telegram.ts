import type { z } from 'zod';
import { duration, integer, type PromHttpConfig, type Secret, secret, strictObject, text } from '#config';
import { address, bothGiven, flag, httpConfig, refuse } from '../config/values.ts';
import { withoutEmpty } from '../go-json.ts';
import { failure } from '../notification.ts';
import { bodyOf, failedToSend, secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';
import { truncateCharacters } from './truncate.ts';

interface TelegramConfig {
  readonly sendsResolved: boolean;
  readonly http: PromHttpConfig | undefined;
  readonly apiUrl: string | undefined;
  readonly botToken: Secret | undefined;
  readonly botTokenFile: string;
  /** 0: it stands in the file. */
  readonly chatId: number;
  readonly chatIdFile: string;
  readonly threadId: number;
  readonly message: string;
  readonly isSilent: boolean;
  readonly parseMode: string;
  readonly timeoutMs: number;
}

const PARSE_MODES: ReadonlySet<string> = new Set(['', 'Markdown', 'MarkdownV2', 'HTML']);
const CHARACTERS_LIMIT = 4096;
const BYTES_LIMIT = 32_768;
/** What is said where the message can't be: cut markup would be no markup. */
const TOO_LONG = `Alertmanager notification could not be sent: message length exceeds Telegram limits.
			Please check the template used for producing the message content.`;

const schema: z.ZodType<TelegramConfig> = strictObject({
  send_resolved: flag(true),
  http_config: httpConfig,
  api_url: address().optional(),
  bot_token: secret().optional(),
  bot_token_file: text(''),
  chat_id: integer(0),
  chat_id_file: text(''),
  message_thread_id: integer(0),
  message: text('{{ template "telegram.default.message" . }}'),
  disable_notifications: flag(false),
  parse_mode: text('HTML'),
  timeout: duration(0),
})
  .superRefine((raw, context) => {
    refuse(context, [
      bothGiven(raw.bot_token, raw.bot_token_file, 'bot_token & bot_token_file'),
      raw.chat_id === 0 && raw.chat_id_file === '' && 'missing chat_id or chat_id_file on telegram_config',
      raw.chat_id !== 0 && raw.chat_id_file !== '' && 'at most one of chat_id & chat_id_file must be configured',
      !PARSE_MODES.has(raw.parse_mode) &&
        'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string',
    ]);
  })
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    http: raw.http_config,
    apiUrl: raw.api_url,
    botToken: raw.bot_token,
    botTokenFile: raw.bot_token_file,
    chatId: raw.chat_id,
    chatIdFile: raw.chat_id_file,
    threadId: raw.message_thread_id,
    message: raw.message,
    isSilent: raw.disable_notifications,
    parseMode: raw.parse_mode,
    timeoutMs: raw.timeout,
  }));

/** Messages of a bot (alertmanager/notify/telegram). All that fails is tried again. */
export const telegram: ReceiverType<TelegramConfig> = {
  name: 'telegram',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config, { telegram: global }) => {
    const hasToken = config.botToken !== undefined || config.botTokenFile !== '';
    if (!hasToken && global.botToken === undefined && global.botTokenFile === '') {
      return 'missing bot_token or bot_token_file on telegram_config';
    }
    const token = hasToken ? {} : { botToken: global.botToken, botTokenFile: global.botTokenFile };
    return { ...config, ...token, apiUrl: config.apiUrl ?? global.apiUrl };
  },
  make: (config, { http, templates, data }) => {
    const sender = http(config.http);
    return sending(async (notification, abort) => {
      const about = data(notification);
      const isHtml = config.parseMode === 'HTML';
      const written = isHtml ? templates.html(config.message, about) : templates.text(config.message, about);
      const message = isHtml
        ? Buffer.byteLength(written) > BYTES_LIMIT || visibleLength(written) > CHARACTERS_LIMIT
          ? TOO_LONG
          : written
        : truncateCharacters(written, CHARACTERS_LIMIT);
      try {
        const token = await secretText(config.botToken, config.botTokenFile);
        const chat = config.chatIdFile === '' ? String(config.chatId) : await secretText(undefined, config.chatIdFile);
        if (!/^-?\d+$/.test(chat)) return failure('could not parse chat_id', true);
        const body = {
          chat_id: chat,
          text: message,
          ...withoutEmpty({ parse_mode: config.parseMode }),
          disable_web_page_preview: 'true',
          ...(config.isSilent && { disable_notification: 'true' }),
          ...(config.threadId !== 0 && { message_thread_id: String(config.threadId) }),
        };
        const url = `${config.apiUrl!.replace(/\/$/, '')}/bot${token}/sendMessage`;
        const answer = await sender.post({ url, body, timeoutMs: config.timeoutMs, abort });
        return readAnswer(bodyOf(answer), answer.status);
      } catch (error) {
        return failedToSend(error);
      }
    });
  },
};

function readAnswer(text: string, status: number): ReturnType<typeof failure> | { readonly isDelivered: true } {
  let told: { ok?: boolean; description?: string; error_code?: number; parameters?: { retry_after?: number } };
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    return failure(`telegram: unexpected answer with status ${status}`, true);
  }
  if (told.ok === true) return { isDelivered: true };
  const afterMs = Number(told.parameters?.retry_after ?? 0) * 1000;
  return failure(`telegram: ${told.description ?? 'failed'} (${told.error_code ?? status})`, true, afterMs);
}

/** Characters that Telegram counts: of HTML those that are seen. */
function visibleLength(html: string): number {
  const seen = html.replaceAll(/<[^<>]*>/g, '').replaceAll(/&(?:lt|gt|amp|quot|#\d{1,7}|#x[\da-fA-F]{1,6});?/g, '.');
  return Array.from(seen).length;
}
