/** The ways to tell somebody. A new one is a file beside this one, and a line here. */
import { discord } from './discord.ts';
import { email } from './email.ts';
import { msteams, msteamsv2 } from './msteams.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import type { ReceiverType } from './receiver.ts';
import { slack } from './slack.ts';
import { telegram } from './telegram.ts';
import { webhook } from './webhook.ts';

/** In the order in which Alertmanager builds those of one receiver. What their configurations are, each knows of its own. */
export const RECEIVER_TYPES: readonly ReceiverType<never>[] = [
  webhook,
  email,
  pagerduty,
  opsgenie,
  slack,
  telegram,
  discord,
  msteams,
  msteamsv2,
] as unknown as readonly ReceiverType<never>[];

/** Those of Alertmanager 0.35 that we don't have. */
export const ABSENT_TYPES: readonly string[] = [
  'incidentio',
  'jira',
  'mattermost',
  'pushover',
  'rocketchat',
  'sns',
  'victorops',
  'webex',
  'wechat',
];
