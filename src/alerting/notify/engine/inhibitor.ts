import { type Alert, isResolved } from '../alert.ts';
import type { InhibitRuleConfig } from '../config/route.ts';
import type { Labels } from '../labels.ts';
import { matchesAll } from '../matcher.ts';

/** Alerts that keep others quiet (alertmanager/inhibit). */
export class Inhibitor {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly InhibitRuleConfig[]) {
    this.#rules = rules.map((config) => ({ config, sources: new Map() }));
  }

  /** Takes each alert as it is told. */
  see(alert: Alert): void {
    for (const { config, sources } of this.#rules) {
      if (!matchesAll(config.source, alert.labels)) continue;
      const key = keyOf(alert.labels, config.equal);
      let known = sources.get(key);
      if (known === undefined) {
        known = new Map();
        sources.set(key, known);
      }
      known.set(alert.fingerprint, alert);
    }
  }

  /** The alert that keeps one with these labels quiet; undefined for none. */
  inhibits(labels: Labels, nowMs: number): string | undefined {
    for (const { config, sources } of this.#rules) {
      if (!matchesAll(config.target, labels)) continue;
      // What is source and target of one rule keeps no other of that kind quiet, and so not itself.
      const isBoth = matchesAll(config.source, labels);
      for (const [fingerprint, source] of sources.get(keyOf(labels, config.equal)) ?? []) {
        if (isResolved(source, nowMs) || (isBoth && matchesAll(config.target, source.labels))) continue;
        return fingerprint;
      }
    }
    return undefined;
  }

  forgetResolved(nowMs: number): void {
    for (const { sources } of this.#rules) {
      for (const [key, known] of sources) {
        for (const [fingerprint, alert] of known) if (isResolved(alert, nowMs)) known.delete(fingerprint);
        if (known.size === 0) sources.delete(key);
      }
    }
  }
}

interface Rule {
  readonly config: InhibitRuleConfig;
  /** By the values that source and target have in common. */
  readonly sources: Map<string, Map<string, Alert>>;
}

/** A label that is absent and one that is empty are the same. */
function keyOf(labels: Labels, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => labels.get(name) ?? ''));
}
