import { compareText, quotePattern } from '#base';
import { GoTime, offsetZone, StringMap } from '#lang/go-template';
import { type Alert, isResolved } from '../alert.ts';
import type { Instant } from '../instant.ts';
import type { Labels } from '../labels.ts';
import type { Notification } from '../notification.ts';

/** What templates and webhooks are told, by the names that Alertmanager gave it (alertmanager/template.Data). */

/** A name and its value. */
class Pair {
  static readonly goType = 'template.Pair';
  readonly Name: string;
  readonly Value: string;
  constructor(name: string, value: string) {
    this.Name = name;
    this.Value = value;
  }
}

class Strings extends Array<string> {
  static readonly goType = 'template.Strings';
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  Join(separator: unknown): string {
    return this.join(String(separator));
  }
}

class Pairs extends Array<Pair> {
  static readonly goType = 'template.Pairs';
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  Names(): Strings {
    return Strings.from(this, ({ Name }) => Name) as Strings;
  }
  Values(): Strings {
    return Strings.from(this, ({ Value }) => Value) as Strings;
  }
  String(): string {
    return this.map(({ Name, Value }) => `${Name}=${Value}`).join(', ');
  }
}

/** Labels or annotations. */
class KV extends StringMap {
  static readonly goType = 'template.KV';
  /** By name, `alertname` first. */
  SortedPairs(): Pairs {
    const names = Array.from(this.keys()).sort(
      (a, b) => Number(b === 'alertname') - Number(a === 'alertname') || compareText(a, b),
    );
    return Pairs.from(names, (name) => new Pair(name, this.get(name)!)) as Pairs;
  }
  Remove(names: unknown): KV {
    const gone = new Set(Array.isArray(names) ? names : []);
    return new KV(Array.from(this).filter(([name]) => !gone.has(name)));
  }
  Names(): Strings {
    return this.SortedPairs().Names();
  }
  Values(): Strings {
    return this.SortedPairs().Values();
  }
  String(): string {
    return this.SortedPairs().String();
  }
  toJSON(): object {
    return Object.fromEntries(Array.from(this).sort(([a], [b]) => compareText(a, b)));
  }
}

class TemplateAlert {
  static readonly goType = 'template.Alert';
  readonly Status: string;
  readonly Labels: KV;
  readonly Annotations: KV;
  readonly StartsAt: GoTime;
  readonly EndsAt: GoTime;
  readonly GeneratorURL: string;
  readonly Fingerprint: string;
  constructor(alert: Alert, nowMs: number) {
    this.Status = isResolved(alert, nowMs) ? 'resolved' : 'firing';
    this.Labels = new KV(alert.labels);
    this.Annotations = new KV(alert.annotations);
    this.StartsAt = goTimeOf(alert.startsAt);
    this.EndsAt = goTimeOf(alert.endsAt);
    this.GeneratorURL = alert.generatorUrl;
    this.Fingerprint = alert.fingerprint;
  }
  toJSON(): object {
    return {
      status: this.Status,
      labels: this.Labels,
      annotations: this.Annotations,
      startsAt: this.StartsAt,
      endsAt: this.EndsAt,
      generatorURL: this.GeneratorURL,
      fingerprint: this.Fingerprint,
    };
  }
}

class Alerts extends Array<TemplateAlert> {
  static readonly goType = 'template.Alerts';
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  Firing(): TemplateAlert[] {
    return this.filter(({ Status }) => Status === 'firing');
  }
  Resolved(): TemplateAlert[] {
    return this.filter(({ Status }) => Status === 'resolved');
  }
}

export class TemplateData {
  static readonly goType = '*template.Data';
  readonly Receiver: string;
  readonly Status: string;
  readonly Alerts: Alerts;
  readonly NotificationReason: string;
  readonly GroupLabels: KV;
  readonly CommonLabels: KV;
  readonly CommonAnnotations: KV;
  readonly RouteLabels: KV;
  readonly ExternalURL: string;

  constructor(notification: Notification, externalUrl: string) {
    const { alerts, nowMs } = notification;
    // Alertmanager gives the name as a regular expression that matches it.
    this.Receiver = quotePattern(notification.receiver);
    this.Alerts = Alerts.from(alerts, (alert) => new TemplateAlert(alert, nowMs)) as Alerts;
    this.Status = alerts.some((alert) => !isResolved(alert, nowMs)) ? 'firing' : 'resolved';
    this.NotificationReason = notification.reason;
    this.GroupLabels = new KV(notification.groupLabels);
    this.CommonLabels = common(alerts.map(({ labels }) => labels));
    this.CommonAnnotations = common(alerts.map(({ annotations }) => annotations));
    this.RouteLabels = new KV(notification.routeLabels);
    this.ExternalURL = externalUrl;
  }

  toJSON(): object {
    return {
      receiver: this.Receiver,
      status: this.Status,
      alerts: this.Alerts,
      notification_reason: this.NotificationReason,
      groupLabels: this.GroupLabels,
      commonLabels: this.CommonLabels,
      commonAnnotations: this.CommonAnnotations,
      routeLabels: this.RouteLabels,
      externalURL: this.ExternalURL,
    };
  }
}

/** What all sets have with the same value. */
function common([first, ...others]: readonly Labels[]): KV {
  const pairs = Array.from(first ?? []).filter(([name, value]) =>
    others.every((other) => (other.get(name) ?? '') === value),
  );
  return new KV(pairs);
}

/** With all digits and the zone that its sender wrote. */
function goTimeOf({ ms, text }: Instant): GoTime {
  const [, fraction = '', zone = 'Z'] = /(?:\.(\d+))?(Z|[-+]\d\d:\d\d)$/.exec(text) ?? [];
  const ns = BigInt(Math.floor(ms / 1000)) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  return new GoTime(ns, offsetZone(zone));
}
