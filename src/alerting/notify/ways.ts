import type { Clock, Logger } from '#base';
import { userAgent } from '#net';
import type { NotifyConfig } from './config/file.ts';
import type { Notification } from './notification.ts';
import { HttpSender, type JsonSender } from './receivers/http-sender.ts';
import type { Sender, SenderNeeds, Templates } from './receivers/receiver.ts';
import type { TemplateData } from './template/data.ts';

/** One way of a receiver to tell: `webhook[0]`. */
export interface Way {
  readonly name: string;
  /** Its type: `webhook`. */
  readonly integration: string;
  readonly sendsResolved: boolean;
  readonly sender: Sender;
}

export interface WayNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly templates: Templates;
  readonly data: (notification: Notification) => TemplateData;
  /** In place of clients by HTTP. */
  readonly transport?: JsonSender;
}

export interface Ways {
  /** By name of the receiver. */
  readonly ways: ReadonlyMap<string, readonly Way[]>;
  readonly close: () => void;
}

export function makeWays(config: NotifyConfig, needs: WayNeeds): Ways {
  const { clock, logger, version, templates, data, transport } = needs;
  const clients: HttpSender[] = [];
  const ways = config.receivers.map(({ name: receiver, ways: configured }) => {
    const made = configured.map(({ type, index, config: own }): Way => {
      const name = `${type.name}[${index}]`;
      const http: SenderNeeds['http'] = (given) => {
        if (transport !== undefined) return transport;
        const path = `${receiver}/${name}`;
        const settings = { config: given ?? config.global.http, clock, logger, userAgent: userAgent(version), path };
        const client = new HttpSender(settings);
        clients.push(client);
        return client;
      };
      const sender = type.make(own, { clock, templates, data, http });
      return { name, integration: type.name, sendsResolved: type.sendsResolved(own), sender };
    });
    return [receiver, made] as const;
  });
  return {
    ways: new Map(ways),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}
