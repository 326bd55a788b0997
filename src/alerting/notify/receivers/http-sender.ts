import { readFile } from 'node:fs/promises';
import { type Clock, excerpt, type Logger, messageOf } from '#base';
import type { PromHttpConfig, Secret } from '#config';
import { type HttpAnswer, HttpClient, HttpFailure, httpTarget, PrometheusCredentials } from '#net';
import { goJson } from '../go-json.ts';
import { DELIVERED, failure, noAnswerWithin, type Verdict } from '../notification.ts';

export interface HttpSenderSettings {
  readonly config: PromHttpConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly userAgent: string;
  /** For errors of TLS files. */
  readonly path: string;
}

export interface JsonPost {
  readonly url: string;
  readonly body: object;
  readonly method?: 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** Of this attempt, besides the abort; 0 for none. */
  readonly timeoutMs?: number;
  readonly abort: AbortSignal;
}

/** Posts JSON somewhere. */
export interface JsonSender {
  /** Rejects where no answer came: with an HttpFailure, or what is wrong with a file or a token. */
  post(post: JsonPost): Promise<HttpAnswer>;
}

/** As much of an answer as is read. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

/** Posts JSON with the credentials, TLS and proxy of an `http_config`. */
export class HttpSender implements JsonSender {
  readonly #settings: HttpSenderSettings;
  readonly #client: HttpClient;
  readonly #credentials: PrometheusCredentials;

  constructor(settings: HttpSenderSettings) {
    const { config, clock, logger, userAgent, path } = settings;
    this.#settings = settings;
    // Attempts end by their abort; a limit of the client would be a second one.
    this.#client = new HttpClient({ config: { ...config.client, timeoutMs: 0 }, path, userAgent, logger });
    this.#credentials = new PrometheusCredentials(config, clock, { path, userAgent, logger });
  }

  async post({ url, body, method = 'POST', headers, timeoutMs = 0, abort }: JsonPost): Promise<HttpAnswer> {
    const timeout = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
    const answer = this.#client.post({
      url: httpTarget(url),
      method,
      contentType: 'application/json',
      parts: [Buffer.from(`${goJson(body)}\n`)],
      headers: { ...(await this.#credentials.headers()), ...headers },
      answerLimitBytes: ANSWER_LIMIT_BYTES,
      followsRedirects: this.#settings.config.followsRedirects,
      abort: timeout === undefined ? abort : AbortSignal.any([abort, timeout]),
    });
    return answer.catch((error: unknown) => {
      throw timeout?.aborted === true && !abort.aborted ? new HttpFailure(noAnswerWithin(timeoutMs)) : error;
    });
  }

  close(): void {
    this.#client.close();
    this.#credentials.close();
  }
}

export interface Retrying {
  /** Statuses that are tried again besides those from 500 on. */
  readonly statuses?: readonly number[];
  /** Of a failed answer, for the message; default its body. */
  readonly details?: (answer: HttpAnswer) => string;
}

/** Sends, and judges the answer: 2xx is delivered, from 500 on it is tried again. */
export async function deliver(sender: JsonSender, post: JsonPost, retrying: Retrying = {}): Promise<Verdict> {
  let answer: HttpAnswer;
  try {
    answer = await sender.post(post);
  } catch (error) {
    return failedToSend(error);
  }
  return judge(answer, retrying);
}

export function failedToSend(error: unknown): Verdict {
  // What a server says is no secret, what Node says of an address may be one.
  return failure(error instanceof HttpFailure ? error.message : messageOf(error), true);
}

export function judge(answer: HttpAnswer, { statuses = [], details = bodyOf }: Retrying = {}): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return DELIVERED;
  const said = details(answer);
  const message = `unexpected status code ${status}${said === '' ? '' : `: ${excerpt(said, 500)}`}`;
  return failure(message, status >= 500 || statuses.includes(status));
}

export function bodyOf({ body }: HttpAnswer): string {
  return Buffer.from(body).toString();
}

/** Milliseconds that an answer asks to wait for: `Retry-After` in seconds or as a date; 0 for nothing asked. */
export function retryAfterMs({ headers }: HttpAnswer, nowMs: number): number {
  const asked = headers['retry-after'];
  if (asked === undefined || asked === '') return 0;
  if (/^[-+]?\d+$/.test(asked)) return Math.max(0, Number(asked) * 1000);
  const untilMs = Date.parse(asked);
  if (Number.isNaN(untilMs)) return 0;
  const theirs = Date.parse(String(headers['date']));
  return Math.max(0, untilMs - (Number.isNaN(theirs) ? nowMs : theirs));
}

/** A secret of the configuration, or of the file that has it, read anew each time. Rejects where it can't be. */
export async function secretText(value: Secret | undefined, file: string): Promise<string> {
  if (value !== undefined && value.reveal() !== '') return value.reveal();
  return file === '' ? '' : (await readFile(file, 'utf8')).trim();
}
