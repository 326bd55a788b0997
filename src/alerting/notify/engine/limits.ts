/** How much is kept at most. What exceeds it is refused, and said. */
export interface NotifyLimits {
  readonly alerts: number;
  readonly groups: number;
  readonly silences: number;
  /** Of one silence, as JSON. */
  readonly silenceBytes: number;
  /** Entries of the notification log. */
  readonly logEntries: number;
}

export const DEFAULT_NOTIFY_LIMITS: NotifyLimits = {
  alerts: 100_000,
  groups: 20_000,
  silences: 10_000,
  silenceBytes: 64 * 1024,
  logEntries: 100_000,
};

/** Alertmanager's `--data.retention`: how long ended silences and old notifications are remembered. */
export const RETENTION_MS: number = 120 * 3_600_000;
/** How often what is over is forgotten. */
export const SWEEP_MS: number = 15 * 60_000;
