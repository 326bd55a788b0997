/** Alertmanager's part: from alerts to those who are told of them. */
export { type Alert, compareAlerts } from './alert.ts';
export { type NotifyConfig, readNotifyConfig } from './config/file.ts';
export { type DocumentKind, MemoryDocuments, type NotifyDocuments, type StoredDocument } from './engine/documents.ts';
export type { NotificationCounts } from './engine/notification-counts.ts';
export {
  makeMatcher,
  type NewSilence,
  type Silence,
  SilenceError,
  type SilenceState,
  stateOf as silenceStateOf,
} from './engine/silences.ts';
export { goJson } from './go-json.ts';
export { type Instant, instantAt, NO_INSTANT, parseInstant, printMillis } from './instant.ts';
export { compareLabels, labelsOf, plainLabels } from './labels.ts';
export { readSetup } from './load.ts';
export { isSameMatcher, Matcher, MatcherError, parseMatcher, wholePattern } from './matcher.ts';
export {
  type AlertStatus,
  Notifier,
  type NotifierSettings,
  type NotifySetup,
  type NotifyShare,
  type ToldAlert,
} from './notifier.ts';
