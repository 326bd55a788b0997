import type { ConfigPlace } from '#base';
import type { ConfigNode } from '#config';
import { childOf, entriesOf, isGiven, itemsOf, listNode, mapNode, scalar, textOf } from './nodes.ts';

/** What a contact point of Grafana is for an Alertmanager: each type's settings under the names of its receiver. */

export interface Translated {
  /** Of the receiver: `slack`. */
  readonly type: string;
  readonly config: ConfigNode;
}

interface Mapping {
  readonly type: string;
  /** Settings that are the same under another name, or their own. */
  readonly names: Readonly<Record<string, string>>;
  /** Settings that become something else. */
  readonly more?: (settings: ConfigNode, place: ConfigPlace) => Readonly<Record<string, ConfigNode | undefined>>;
  /** Settings that `more` reads. */
  readonly reads?: readonly string[];
}

const same = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, name]));

const MAPPINGS: Readonly<Record<string, Mapping>> = {
  email: {
    type: 'email',
    names: {},
    reads: ['addresses', 'message', 'subject', 'singleEmail'],
    more: (settings, place) => ({
      to: scalar(
        textOf(childOf(settings, 'addresses'))
          .split(/[;,\s]+/)
          .filter((address) => address !== '')
          .join(', '),
        childOf(settings, 'addresses')?.place ?? place,
      ),
      ...(isGiven(childOf(settings, 'message')) && { text: childOf(settings, 'message')!, html: scalar('', place) }),
      ...(isGiven(childOf(settings, 'subject')) && {
        headers: mapNode({ Subject: childOf(settings, 'subject') }, place),
      }),
    }),
  },
  slack: {
    type: 'slack',
    names: {
      ...same('text', 'title', 'username', 'icon_emoji', 'icon_url', 'color', 'footer'),
      ...{ url: 'api_url', token: 'app_token', recipient: 'channel', endpointUrl: 'app_url' },
    },
  },
  pagerduty: {
    type: 'pagerduty',
    names: {
      ...same('severity', 'class', 'component', 'group', 'source', 'client', 'client_url', 'details', 'url'),
      ...{ integrationKey: 'routing_key', summary: 'description' },
    },
  },
  opsgenie: {
    type: 'opsgenie',
    names: { ...same('message', 'description', 'responders'), apiKey: 'api_key' },
    reads: ['apiUrl'],
    more: (settings) => {
      const url = childOf(settings, 'apiUrl');
      // Alertmanager's is the address above.
      return isGiven(url) ? { api_url: scalar(textOf(url).replace(/v2\/alerts\/?$/, ''), url.place) } : {};
    },
  },
  webhook: {
    type: 'webhook',
    names: { url: 'url', maxAlerts: 'max_alerts' },
    reads: ['username', 'password', 'authorization_scheme', 'authorization_credentials', 'httpMethod'],
    more: (settings, place) => ({ http_config: httpConfigOf(settings, place) }),
  },
  discord: {
    type: 'discord',
    names: { ...same('title', 'message', 'avatar_url'), url: 'webhook_url' },
  },
  telegram: {
    type: 'telegram',
    names: {
      ...same('message', 'message_thread_id'),
      ...{
        bottoken: 'bot_token',
        disable_notification: 'disable_notifications',
        disable_notifications: 'disable_notifications',
      },
    },
    reads: ['chatid', 'parse_mode'],
    more: (settings) => {
      const [chat, mode] = [childOf(settings, 'chatid'), childOf(settings, 'parse_mode')];
      const id = Number(textOf(chat));
      return {
        chat_id: isGiven(chat) ? (Number.isInteger(id) ? scalar(id, chat.place) : chat) : undefined,
        parse_mode: isGiven(mode) ? scalar(textOf(mode) === 'None' ? '' : textOf(mode), mode.place) : undefined,
      };
    },
  },
  teams: {
    type: 'msteamsv2',
    names: { url: 'webhook_url', title: 'title', message: 'text' },
  },
};

export const CONTACT_TYPES: readonly string[] = Object.keys(MAPPINGS);

function httpConfigOf(settings: ConfigNode, place: ConfigPlace): ConfigNode | undefined {
  const [username, password] = [childOf(settings, 'username'), childOf(settings, 'password')];
  const [scheme, credentials] = [
    childOf(settings, 'authorization_scheme'),
    childOf(settings, 'authorization_credentials'),
  ];
  const basic = isGiven(username) || isGiven(password) ? mapNode({ username, password }, place) : undefined;
  const authorization = isGiven(credentials)
    ? mapNode({ type: isGiven(scheme) ? scheme : undefined, credentials }, place)
    : undefined;
  return basic === undefined && authorization === undefined
    ? undefined
    : mapNode({ basic_auth: basic, authorization }, place);
}

/** An entry of a contact point; undefined for a type that is not there. `warn` is told of settings that do nothing here. */
export function translateContact(
  receiver: ConfigNode,
  warn: (place: ConfigPlace, message: string) => void,
): Translated | undefined {
  const type = textOf(childOf(receiver, 'type'));
  const mapping = Object.hasOwn(MAPPINGS, type) ? MAPPINGS[type] : undefined;
  if (mapping === undefined) return undefined;
  // Secrets may stand apart, as in the API.
  const entries = new Map([
    ...entriesOf(childOf(receiver, 'settings')),
    ...entriesOf(childOf(receiver, 'secureSettings')),
  ]);
  const settings: ConfigNode = { kind: 'map', entries, place: receiver.place };
  const members: Record<string, ConfigNode | undefined> = {};
  for (const [name, { node, keyPlace }] of entries) {
    if (!isGiven(node)) continue;
    const own = Object.hasOwn(mapping.names, name) ? mapping.names[name] : undefined;
    if (own !== undefined) members[own] = node;
    else if (!mapping.reads?.includes(name)) warn(keyPlace, `${type}: the setting ${name} does nothing here`);
  }
  const isSilent = textOf(childOf(receiver, 'disableResolveMessage')) === 'true';
  Object.assign(members, mapping.more?.(settings, receiver.place));
  members.send_resolved = scalar(!isSilent, receiver.place);
  const method = childOf(settings, 'httpMethod');
  if (isGiven(method) && textOf(method).toUpperCase() !== 'POST')
    warn(method.place, `webhook: is sent by POST, not by ${textOf(method)}`);
  return { type: mapping.type, config: mapNode(members, receiver.place) };
}

/** Lists of entries by their types, as a receiver has them. */
export function receiverNode(name: ConfigNode, ways: readonly Translated[], place: ConfigPlace): ConfigNode {
  const types = [...new Set(ways.map(({ type }) => type))];
  const lists = types.map((type) => {
    const configs = ways.filter((way) => way.type === type).map(({ config }) => config);
    return [`${type}_configs`, listNode(configs, configs[0]?.place ?? place)] as const;
  });
  return mapNode({ name, ...Object.fromEntries(lists) }, place);
}

export function contactEntries(point: ConfigNode): readonly ConfigNode[] {
  return itemsOf(childOf(point, 'receivers'));
}
