import { quotePattern } from '#base';
import type { LabelMatcher } from '#lang/promql';
import type { Labels } from '#query/promql.ts';
import { ActiveAlerting } from './active-alerting.ts';
import { ActiveRecording } from './active-recording.ts';
import type { ActiveRule } from './active-rule.ts';
import { catchUp } from './catch-up.ts';
import type { RuleContext } from './context.ts';
import { type GroupState, pairStates, ruleState } from './group-state.ts';
import { GroupTimes } from './group-times.ts';
import type { LastSample, RuleQueries } from './queries.ts';
import type { RuleGroup } from './rule.ts';
import { ScanPlan } from './shared-scan.ts';
import { endOf, type RuleSample } from './sink.ts';

/** What a group did since it began. */
export interface GroupCounts {
  scheduled: number;
  missed: number;
  evaluations: number;
  failures: number;
}

/**
 * A group at work (rules/group.go of Prometheus 3.16): one evaluation at a time, its rules in their order, at the times that are the
 * group's own. One that takes longer than the interval makes the next ones missed.
 */
export class ActiveGroup {
  readonly group: RuleGroup;
  readonly intervalMs: number;
  readonly rules: readonly ActiveRule[];
  readonly counts: GroupCounts = { scheduled: 0, missed: 0, evaluations: 0, failures: 0 };
  /** Of the last evaluation; undefined before it. */
  lastEvaluationMs: number | undefined = undefined;
  lastTimeMs: number | undefined = undefined;
  durationMs = 0;
  lastSamples = 0;
  readonly #context: RuleContext;
  readonly #times: GroupTimes;
  readonly #abort = new AbortController();
  readonly #plan: ScanPlan;
  /** Of each rule: the series of its last evaluation, by their keys. */
  #series: ReadonlyMap<string, Labels>[];
  /** Of rules that are gone: they end with the next evaluation. */
  #ending: Labels[] = [];
  #needsRestore: boolean;
  /** Somebody evaluated the group before this server did. */
  #needsCatchUp: boolean;
  /** When that was last, as its server said. */
  #resumedMs: number | undefined = undefined;
  #first: FirstRound | undefined = undefined;
  #catchingUp: Promise<void> | undefined = undefined;
  #evaluated = 0;
  #cancelTimer: (() => void) | undefined = undefined;
  #running: Promise<void> | undefined = undefined;
  #isStarted = false;
  #isStopped = false;
  /** Of the evaluation that runs: rules that fail and did not before. */
  #complaints: string[] = [];

  constructor(group: RuleGroup, context: RuleContext, needsRestore: boolean) {
    this.group = group;
    this.intervalMs = group.intervalMs ?? context.intervalMs;
    this.#context = context;
    this.#needsRestore = needsRestore;
    this.#needsCatchUp = needsRestore;
    this.#times = new GroupTimes(group.file, group.name, this.intervalMs);
    this.rules = group.rules.map((rule) =>
      rule.kind === 'alerting' ? new ActiveAlerting(rule, context, !needsRestore) : new ActiveRecording(rule),
    );
    this.#series = this.rules.map(() => new Map());
    this.#plan = planOf(group);
  }

  /** Identity of a group: its file and name. */
  get key(): string {
    return `${this.group.file};${this.group.name}`;
  }

  get alertingRules(): readonly ActiveAlerting[] {
    return this.rules.filter((rule) => rule instanceof ActiveAlerting);
  }

  get queryOffsetMs(): number {
    return this.group.queryOffsetMs ?? this.#context.queryOffsetMs;
  }

  /** Goes on where the group of the configuration before, which is stopped, left off. */
  takeOver(from: ActiveGroup): void {
    this.lastEvaluationMs = from.lastEvaluationMs;
    this.durationMs = from.durationMs;
    const left = new Map<string, number[]>();
    from.rules.forEach(({ identity }, at) => {
      left.set(identity, [...(left.get(identity) ?? []), at]);
    });
    this.rules.forEach((rule, at) => {
      const index = left.get(rule.identity)?.shift();
      if (index === undefined) return;
      this.#series[at] = from.#series[index]!;
      const before = from.rules[index];
      if (rule instanceof ActiveAlerting && before instanceof ActiveAlerting) rule.takeOver(before);
    });
    this.#ending = [
      ...from.#ending,
      ...Array.from(left.values())
        .flat()
        .flatMap((at) => [...from.#series[at]!.values()]),
    ];
  }

  /** It is evaluated here, up to its stop, and not by another server. */
  get isOwn(): boolean {
    return this.#isStarted;
  }

  /** What another server needs to go on; undefined before the first evaluation. */
  get state(): GroupState | undefined {
    const { lastTimeMs, lastEvaluationMs, durationMs, lastSamples } = this;
    if (lastTimeMs === undefined || lastEvaluationMs === undefined) return undefined;
    const rules = this.rules.map((rule) => ruleState(rule, rule instanceof ActiveAlerting ? rule.states : undefined));
    return { lastTimeMs, lastEvaluationMs, durationMs, lastSamples, rules };
  }

  /** Shows what another server found. For a group that is not evaluated here. */
  show(state: GroupState): void {
    this.lastTimeMs = state.lastTimeMs;
    this.lastEvaluationMs = state.lastEvaluationMs;
    this.durationMs = state.durationMs;
    this.lastSamples = state.lastSamples;
    for (const [rule, { health, alerts }] of pairStates(this.rules, state.rules)) {
      Object.assign(rule.health, { lastEvaluationMs: undefined }, health);
      if (rule instanceof ActiveAlerting) rule.show(alerts ?? []);
    }
  }

  /** Goes on with what it shows, where that is of just now; else what was stored is restored, as after a restart. */
  resume(): void {
    const agoMs = this.#context.clock.nowMs() - (this.lastTimeMs ?? Number.NEGATIVE_INFINITY);
    if (!(agoMs <= RESUME_INTERVALS * this.intervalMs + RESUME_GRACE_MS)) {
      for (const rule of this.alertingRules) rule.show([]);
      return;
    }
    this.#needsRestore = false;
    this.#needsCatchUp = true;
    this.#resumedMs = this.lastTimeMs;
    this.rules.forEach((rule, at) => {
      if (rule instanceof ActiveAlerting)
        this.#series[at] = new Map(rule.resume().map((labels) => [labels.key, labels]));
    });
  }

  start(): void {
    this.#isStarted = true;
    this.#waitFor(this.#times.lastMs(this.#context.clock.nowMs()) + this.intervalMs);
  }

  /** Ends after the rule that is evaluated now. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
    await this.#catchingUp;
  }

  /** Ends what is being asked, too. */
  abort(reason = 'the server stops'): void {
    this.#abort.abort(new Error(reason));
  }

  /** Says of all its series that they ended at a time. For a group that is stopped and comes back no more. */
  async end(timeMs: number): Promise<void> {
    this.#ending.push(...this.#series.flatMap((series) => [...series.values()]));
    this.#series = this.rules.map(() => new Map());
    await this.#writeEnds(timeMs);
  }

  #waitFor(timeMs: number): void {
    if (this.#isStopped) return;
    const delayMs = timeMs - this.#context.clock.nowMs();
    this.#cancelTimer = this.#context.clock.after(Math.max(0, Math.min(delayMs, WAIT_MAX_MS)), () => {
      const nowMs = this.#context.clock.nowMs();
      // The timer may fire a little early, and somebody may have set the clock back.
      if (nowMs < timeMs - this.intervalMs) this.#waitFor(this.#times.lastMs(nowMs) + this.intervalMs);
      else if (nowMs < timeMs) this.#waitFor(timeMs);
      else this.#running = this.#turn(timeMs, nowMs);
    });
  }

  async #turn(timeMs: number, nowMs: number): Promise<void> {
    const missed = Math.floor((nowMs - timeMs) / this.intervalMs);
    this.counts.missed += missed;
    this.counts.scheduled += missed + 1;
    const dueMs = timeMs + missed * this.intervalMs;
    await this.evaluate(dueMs);
    this.#evaluated++;
    this.#first ??= { timeMs: dueMs, series: this.#series };
    // After the second: the first may find data missing, and recording rules that alerts need have none yet.
    if (this.#needsRestore && this.#evaluated === 2 && !this.#isStopped) await this.#restore();
    // Beside the evaluations that follow, which it must not make late.
    const isDue = this.#evaluated >= 2 && dueMs - this.#first.timeMs >= CATCH_UP_AFTER_MS;
    if (this.#needsCatchUp && isDue && !this.#isStopped) this.#catchingUp = this.#catchUp(this.#first);
    this.#waitFor(dueMs + this.intervalMs);
  }

  /** Evaluates all rules for one time, which must not be before the last one. */
  async evaluate(timeMs: number): Promise<void> {
    const { clock, turns } = this.#context;
    const begin = { calendarMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    let samples = 0;
    this.#complaints = [];
    const queries = this.#context.queries.together(this.#plan);
    for (const [index, rule] of this.rules.entries()) {
      if (!this.#mayGoOn) return;
      samples += await turns.run(() => this.#evaluateRule(rule, index, { timeMs, queries }));
    }
    this.lastSamples = samples;
    this.#complain();
    await this.#writeEnds(timeMs);
    this.durationMs = clock.monotonicMs() - begin.monotonicMs;
    this.lastEvaluationMs = begin.calendarMs;
    this.lastTimeMs = timeMs;
  }

  get #mayGoOn(): boolean {
    return !this.#isStopped && this.#context.share?.isValid !== false;
  }

  /** How many samples it gave. */
  async #evaluateRule(active: ActiveRule, index: number, { timeMs, queries }: Round): Promise<number> {
    const { clock, alerts } = this.#context;
    const { health } = active;
    const [beginMs, calendarMs] = [clock.monotonicMs(), clock.nowMs()];
    this.counts.evaluations++;
    try {
      const { signal } = this.#abort;
      const settings = { timeMs, queryOffsetMs: this.queryOffsetMs, limit: this.group.limit, signal, queries };
      const samples = await active.evaluate(settings);
      // Another server may have begun with it meanwhile.
      if (!this.#mayGoOn) return 0;
      const failure = active instanceof ActiveAlerting ? active.failure : undefined;
      if (failure === undefined) health.good();
      else this.#failed(active, failure);
      if (active instanceof ActiveAlerting) {
        const due = active.due(timeMs, this.intervalMs);
        if (due.length > 0) alerts.send(due);
      }
      await this.#write(samples, index, timeMs);
      return samples.length;
    } catch (error) {
      // Who stops it says nothing of the rule.
      if (!this.#abort.signal.aborted) this.#failed(active, error);
      return 0;
    } finally {
      health.durationMs = clock.monotonicMs() - beginMs;
      health.lastEvaluationMs = calendarMs;
    }
  }

  #failed({ rule, health }: ActiveRule, error: unknown): void {
    this.counts.failures++;
    const isNew = health.state !== 'err';
    health.bad(error);
    if (isNew) this.#complaints.push(`${rule.name} (line ${rule.line}): ${health.lastError}`);
  }

  /** One line for all rules: where the store is away, all of them fail. */
  #complain(): void {
    const [first] = this.#complaints;
    if (first === undefined || this.#abort.signal.aborted) return;
    const { file, name } = this.group;
    const more = this.#complaints.length === 1 ? '' : `, and ${this.#complaints.length - 1} more`;
    this.#context.log('warn', `group ${name} of rules in ${file}: ${first}${more}`);
  }

  /** With an end for each series that was there before and is no more. */
  async #write(samples: readonly RuleSample[], index: number, timeMs: number): Promise<void> {
    const series = new Map(samples.map(({ labels }) => [labels.key, labels]));
    const gone = Array.from(this.#series[index]!.entries()).filter(([key]) => !series.has(key));
    const ends = gone.map(([, labels]) => endOf(labels, timeMs - this.queryOffsetMs));
    if (samples.length + ends.length > 0) await this.#context.series.append([...samples, ...ends]);
    this.#series[index] = series;
  }

  async #writeEnds(timeMs: number): Promise<void> {
    if (this.#ending.length === 0 || this.#context.share?.isValid === false) return;
    // A series that another rule goes on with has not ended.
    const present = new Set(this.#series.flatMap((series) => [...series.keys()]));
    const ends = this.#ending
      .filter(({ key }) => !present.has(key))
      .map((labels) => endOf(labels, timeMs - this.queryOffsetMs));
    try {
      if (ends.length > 0) await this.#context.series.append(ends);
      this.#ending = [];
    } catch (error) {
      this.#context.log('warn', `the end of series of group ${this.group.name} could not be written: ${String(error)}`);
    }
  }

  async #catchUp({ timeMs, series }: FirstRound): Promise<void> {
    this.#needsCatchUp = false;
    const { queries, turns, catchUpTurns, catchUpMs, log } = this.#context;
    const rules = this.rules.flatMap((rule, at) => (rule instanceof ActiveRecording ? [{ rule, at }] : []));
    const settings = {
      rules: rules.map(({ rule }) => rule),
      untilMs: timeMs,
      found: rules.map(({ at }) => series[at]!),
      intervalMs: this.intervalMs,
      queryOffsetMs: this.queryOffsetMs,
      limit: this.group.limit,
      boundMs: catchUpMs,
      lastTimeMs: this.#resumedMs,
    };
    try {
      const count = await catchUp(settings, {
        queries,
        together: () => queries.together(this.#plan),
        series: this.#context.series,
        signal: this.#abort.signal,
        run: (work) => catchUpTurns.run(() => turns.run(work)),
        mayGoOn: () => this.#mayGoOn,
      });
      if (count > 0)
        log('info', `group ${this.group.name} of rules in ${this.group.file}: ${missedText(count)} recorded`);
    } catch (error) {
      if (!this.#abort.signal.aborted)
        log(
          'warn',
          `group ${this.group.name}: what its recording rules missed could not be recorded: ${String(error)}`,
        );
    }
  }

  async #restore(): Promise<void> {
    this.#needsRestore = false;
    const nowMs = this.#context.clock.nowMs();
    for (const rules of restoredTogether(this.alertingRules)) {
      let stored: ReadonlyMap<string, LastSample> = new Map();
      try {
        stored = await this.#storedStates(rules, nowMs);
      } catch (error) {
        const names = rules.map(({ rule }) => rule.name).join(', ');
        this.#context.log('warn', `the state of alerts could not be restored (${names}): ${String(error)}`);
      }
      for (const rule of rules) rule.restore(stored, nowMs);
    }
  }

  /** By the key of the alerts' labels. Nothing is asked for rules without alerts. */
  async #storedStates(rules: readonly ActiveAlerting[], nowMs: number): Promise<ReadonlyMap<string, LastSample>> {
    const names = new Set(rules.filter(({ alerts }) => alerts.length > 0).map(({ rule }) => rule.name));
    if (names.size === 0) return new Map();
    const { queries, outageToleranceMs } = this.#context;
    const matchers: readonly LabelMatcher[] = [
      { name: '__name__', operator: '=', value: 'ALERTS_FOR_STATE' },
      { name: 'alertname', operator: '=~', value: Array.from(names, quotePattern).join('|') },
    ];
    const last = await queries.lastSamples(matchers, nowMs - outageToleranceMs, nowMs, this.#abort.signal);
    return new Map(last.map((sample) => [sample.labels.with('__name__', '').key, sample]));
  }
}

/** So many alerts are restored by one question. */
const RESTORED_AT_ONCE = 1000;

/** All rules in their order, in parts whose states fit into one answer. */
function restoredTogether(rules: readonly ActiveAlerting[]): readonly (readonly ActiveAlerting[])[] {
  const parts: ActiveAlerting[][] = [];
  let alerts = Number.POSITIVE_INFINITY;
  for (const rule of rules) {
    alerts += rule.alerts.length;
    if (alerts > RESTORED_AT_ONCE) {
      parts.push([]);
      alerts = rule.alerts.length;
    }
    parts.at(-1)!.push(rule);
  }
  return parts;
}

/** Until then what others wrote last is in the store, too. */
const CATCH_UP_AFTER_MS = 10_000;

function missedText(count: number): string {
  return count === 1 ? 'one evaluation that was missed is' : `${count} evaluations that were missed are`;
}

/** The first evaluation here, and what each rule found. */
interface FirstRound {
  readonly timeMs: number;
  readonly series: readonly ReadonlyMap<string, Labels>[];
}

/** One evaluation of the group. */
interface Round {
  readonly timeMs: number;
  readonly queries: RuleQueries;
}

function planOf({ rules }: RuleGroup): ScanPlan {
  const exprs = rules.flatMap(({ expr }) => (expr.language === 'promql' ? [expr.tree] : []));
  const recorded = rules.flatMap((rule) => (rule.kind === 'recording' ? [rule.name] : []));
  return new ScanPlan(exprs, new Set(['ALERTS', 'ALERTS_FOR_STATE', ...recorded]));
}

/** What another server found is of just now after so many of the group's intervals, and the time in which it is missed. */
const RESUME_INTERVALS = 4;
const RESUME_GRACE_MS = 30_000;

/** A timer of the engine takes no more than 24 days. */
const WAIT_MAX_MS = 86_400_000;
