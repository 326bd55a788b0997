/** What a rule of Grafana says beside its condition. */

export const NO_DATA_STATES = ['NoData', 'Alerting', 'OK', 'KeepLast'] as const;
export const ERROR_STATES = ['Error', 'Alerting', 'OK', 'KeepLast'] as const;

/** The label by which an alert goes to the contact point that its rule names. */
export const RECEIVER_LABEL = '__grafana_receiver__';

export interface GrafanaSettings {
  readonly uid: string;
  readonly folder: string;
  readonly noData: (typeof NO_DATA_STATES)[number];
  readonly onError: (typeof ERROR_STATES)[number];
  readonly isPaused: boolean;
  /** An instance whose series is gone is over after so many evaluations. */
  readonly missingMax: number;
  /** Of the dashboard that shows what it is about; empty for none. */
  readonly dashboardUid: string;
}
