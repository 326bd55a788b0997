import type { z } from 'zod';
import type { Clock } from '#base';
import type { PromHttpConfig } from '#config';
import type { GlobalConfig } from '../config/global.ts';
import type { Notification, Verdict } from '../notification.ts';
import type { TemplateData } from '../template/data.ts';
import type { JsonSender } from './http-sender.ts';

/** A way to tell somebody: a file beside this one, and a line in index.ts. */
export interface ReceiverType<Config> {
  /** `webhook`, whose list in the configuration is `webhook_configs`. */
  readonly name: string;
  /** What is written, with mistakes of one entry. */
  readonly schema: z.ZodType<Config>;
  readonly sendsResolved: (config: Config) => boolean;
  /** With what the global block gives; a text says what is lacking. */
  readonly complete: (config: Config, global: GlobalConfig) => Config | string;
  readonly make: (config: Config, needs: SenderNeeds) => Sender;
}

export interface SenderNeeds {
  readonly clock: Clock;
  readonly templates: Templates;
  readonly data: (notification: Notification) => TemplateData;
  /** A client with these settings, or the global ones. Closed with the senders. */
  readonly http: (config: PromHttpConfig | undefined) => JsonSender;
}

export interface Sender {
  /** One attempt. Never rejects for what a receiver or a template does. */
  send(notification: Notification, abort: AbortSignal): Promise<Verdict>;
}

/** Renders templates of the configuration. Both throw where a template fails or does too much. */
export interface Templates {
  text(template: string, data: TemplateData): string;
  html(template: string, data: TemplateData): string;
}
