import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { z } from 'zod';
import { messageOf } from '#base';
import { type PromHttpConfig, type Secret, secret, strictObject, text } from '#config';
import { type HostPort, hostPort, tlsConfig } from '../config/global.ts';
import { flag, refuse, type TextMap, texts } from '../config/values.ts';
import { DELIVERED, failure, hashOfKey, type Notification } from '../notification.ts';
import { readAddresses } from './addresses.ts';
import { secretText } from './http-sender.ts';
import type { ReceiverType } from './receiver.ts';
import { sending } from './sending.ts';

interface EmailConfig {
  readonly sendsResolved: boolean;
  readonly to: string;
  readonly from: string;
  readonly hello: string;
  readonly smarthost: HostPort | undefined;
  readonly username: string;
  readonly password: Secret | undefined;
  readonly passwordFile: string;
  /** For CRAM-MD5. */
  readonly secret: Secret | undefined;
  readonly secretFile: string;
  /** Names in canonical form. */
  readonly headers: TextMap;
  readonly html: string;
  readonly text: string;
  readonly requiresTls: boolean | undefined;
  readonly tls: PromHttpConfig | undefined;
  readonly forcesImplicitTls: boolean | undefined;
  readonly threads: 'no' | 'one' | 'daily';
}

const schema: z.ZodType<EmailConfig> = strictObject({
  send_resolved: flag(false),
  to: text(''),
  from: text(''),
  hello: text(''),
  smarthost: hostPort(),
  auth_username: text(''),
  auth_password: secret().optional(),
  auth_password_file: text(''),
  auth_secret: secret().optional(),
  auth_secret_file: text(''),
  auth_identity: text(''),
  headers: texts(),
  html: text('{{ template "email.default.html" . }}'),
  text: text(''),
  require_tls: flag().optional(),
  tls_config: tlsConfig,
  force_implicit_tls: flag().optional(),
  threading: strictObject({ enabled: flag(false), thread_by_date: text('') }),
})
  .superRefine((raw, context) => {
    const names = Array.from(raw.headers.keys(), canonical);
    const { enabled, thread_by_date: byDate } = raw.threading;
    const conflicts = (name: string): string | false =>
      enabled &&
      names.includes(name) &&
      `conflicting configuration: threading.enabled conflicts with custom ${name} header`;
    refuse(context, [
      raw.to === '' && 'missing to address in email config',
      ...names.filter((name, i) => names.indexOf(name) < i).map((name) => `duplicate header "${name}" in email config`),
      conflicts('References'),
      conflicts('In-Reply-To'),
      enabled && byDate !== 'none' && byDate !== 'daily' && "threading.thread_by_date must be either 'none' or 'daily'",
      raw.auth_identity !== '' &&
        raw.auth_identity !== raw.auth_username &&
        'auth_identity other than auth_username is not sent; leave it out',
    ]);
  })
  .transform((raw) => ({
    sendsResolved: raw.send_resolved,
    to: raw.to,
    from: raw.from,
    hello: raw.hello,
    smarthost: raw.smarthost,
    username: raw.auth_username,
    password: raw.auth_password,
    passwordFile: raw.auth_password_file,
    secret: raw.auth_secret,
    secretFile: raw.auth_secret_file,
    headers: new Map(Array.from(raw.headers, ([name, value]) => [canonical(name), value] as const)),
    html: raw.html,
    text: raw.text,
    requiresTls: raw.require_tls,
    tls: raw.tls_config,
    forcesImplicitTls: raw.force_implicit_tls,
    threads: raw.threading.enabled ? (raw.threading.thread_by_date === 'daily' ? 'daily' : 'one') : 'no',
  }));

/** `message-id` as `Message-Id`. */
function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Mail by SMTP (alertmanager/notify/email). What the server says decides nothing: all but mistakes of the configuration is tried again. */
export const email: ReceiverType<EmailConfig> = {
  name: 'email',
  schema,
  sendsResolved: (config) => config.sendsResolved,
  complete: (config, { smtp }) => {
    const smarthost = config.smarthost ?? smtp.smarthost;
    const from = config.from || smtp.from;
    if (smarthost === undefined) return 'no global SMTP smarthost set';
    if (from === '') return 'no global SMTP from set';
    const hasPassword = config.password !== undefined || config.passwordFile !== '';
    const hasSecret = config.secret !== undefined || config.secretFile !== '';
    return {
      ...config,
      smarthost,
      from,
      hello: config.hello || smtp.hello,
      username: config.username || smtp.username,
      ...(!hasPassword && { password: smtp.password, passwordFile: smtp.passwordFile }),
      ...(!hasSecret && { secret: smtp.secret, secretFile: smtp.secretFile }),
      requiresTls: config.requiresTls ?? smtp.requiresTls,
      tls: config.tls ?? smtp.http,
      forcesImplicitTls: config.forcesImplicitTls ?? smtp.forcesImplicitTls,
    };
  },
  make: (config, { templates, data, clock }) =>
    sending(async (notification, abort) => {
      const about = data(notification);
      const render = (template: string): string => templates.text(template, about);
      const [from, ...more] = readAddresses(render(config.from));
      if (from === undefined || more.length > 0) {
        return failure(`must be exactly one 'from' address (got: ${from === undefined ? 0 : more.length + 1})`, false);
      }
      const to = readAddresses(render(config.to));
      const { text: bodyText, html: bodyHtml } = config;
      const parts = {
        ...(bodyText !== '' && { text: render(bodyText) }),
        ...(bodyHtml !== '' && { html: templates.html(bodyHtml, about) }),
      };
      const mail = {
        ...headersOf(config, notification, render, clock.nowMs()),
        ...parts,
        envelope: { from, to },
        date: new Date(clock.nowMs()),
        disableFileAccess: true,
        disableUrlAccess: true,
      } as const;
      const { createTransport } = await import('nodemailer');
      const transport = createTransport(await optionsOf(config));
      const stop = (): void => transport.close();
      abort.addEventListener('abort', stop, { once: true });
      try {
        await Promise.race([transport.sendMail(mail), aborted(abort)]);
        return DELIVERED;
      } catch (error) {
        return failure(messageOf(error), true);
      } finally {
        abort.removeEventListener('abort', stop);
        transport.close();
      }
    }),
};

function aborted(abort: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error('cancelled'));
    if (abort.aborted) fail();
    abort.addEventListener('abort', fail, { once: true });
  });
}

interface MailHeaders {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

function headersOf(
  config: EmailConfig,
  { groupKey }: Notification,
  render: (template: string) => string,
  nowMs: number,
): MailHeaders {
  const given = new Map(Array.from(config.headers, ([name, template]) => [name, oneLine(render(template))] as const));
  const take = (name: string, template: string): string => {
    const value = given.get(name) ?? oneLine(render(template));
    given.delete(name);
    return value;
  };
  const mail = {
    from: take('From', config.from),
    to: take('To', config.to),
    subject: take('Subject', '{{ template "email.default.subject" . }}'),
    messageId: take('Message-Id', '') || `<${Math.round(nowMs)}.${randomDigits()}@${hostname()}>`,
  };
  if (config.threads !== 'no') {
    const day = config.threads === 'daily' ? new Date(nowMs).toISOString().slice(0, 10) : '';
    const root = `<alert-${hashOfKey(groupKey).slice(0, 16)}-${day}@alertmanager>`;
    given.set('References', root).set('In-Reply-To', root);
  }
  return { ...mail, headers: Object.fromEntries(given) };
}

/** A value that would begin a header of its own stays one line. */
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n]+/g, ' ');
}

function randomDigits(): string {
  return String(Math.floor(Math.random() * 1e15));
}

const TLS_VERSIONS: Readonly<Record<string, string>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};
const TIMEOUT_MS = 60_000;

/** Of one connection for one mail, as nodemailer has them. */
async function optionsOf(config: EmailConfig): Promise<object> {
  const { host, port } = config.smarthost!;
  const isImplicit = config.forcesImplicitTls ?? port === 465;
  const tls = config.tls?.client.tls;
  const files = async (file: string, pem: Secret | undefined): Promise<string | undefined> =>
    file === '' ? pem?.reveal() || undefined : readFile(file, 'utf8');
  const [ca, cert, key] = await Promise.all([
    files(tls?.caFile ?? '', tls?.caPem),
    files(tls?.certFile ?? '', tls?.certPem),
    files(tls?.keyFile ?? '', tls?.keyPem),
  ]);
  const password = await secretText(config.password, config.passwordFile);
  const secretOfCram = await secretText(config.secret, config.secretFile);
  const pass = password === '' ? secretOfCram : password;
  return {
    host: host === '' ? 'localhost' : host,
    port,
    name: config.hello,
    secure: isImplicit,
    requireTLS: config.requiresTls === true && !isImplicit,
    // Without it a connection in plain text stays one, as the configuration says.
    ignoreTLS: config.requiresTls !== true && !isImplicit,
    tls: {
      servername: tls?.serverNameOverride || host,
      rejectUnauthorized: tls?.insecureSkipVerify !== true,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(tls?.minVersion && { minVersion: TLS_VERSIONS[tls.minVersion] }),
      ...(tls?.maxVersion && { maxVersion: TLS_VERSIONS[tls.maxVersion] }),
    },
    ...(config.username !== '' && { auth: { user: config.username, pass } }),
    ...(password === '' && secretOfCram !== '' && { authMethod: 'CRAM-MD5' }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  };
}
