import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { ConfigError, ConfigErrors, type ConfigPlace, nearest } from '#base';
import {
  type ConfigNode,
  list,
  type NodePath,
  nodeAt,
  parseYaml,
  placeAt,
  printYaml,
  readBlock,
  secretsMadeBy,
  strictObject,
  text,
  toPlain,
} from '#config';
import { ABSENT_TYPES, RECEIVER_TYPES } from '../receivers/index.ts';
import type { ReceiverType } from '../receivers/receiver.ts';
import type { TimeInterval } from '../time-interval.ts';
import { type GlobalConfig, globalSchema } from './global.ts';
import { type InhibitRuleConfig, inhibitRuleSchema, type RouteConfig, routeSchema } from './route.ts';
import { namedIntervalsSchema } from './time-intervals.ts';
import { SHOWN_SECRET, type TextMap, texts } from './values.ts';

/** An Alertmanager configuration file, read and checked. */
export interface NotifyConfig {
  readonly global: GlobalConfig;
  readonly route: RouteConfig;
  readonly inhibitRules: readonly InhibitRuleConfig[];
  readonly receivers: readonly ReceiverConfig[];
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  /** Globs of template files, absolute. */
  readonly templates: readonly string[];
  /** The file as YAML without its secrets. */
  readonly shown: string;
  /** What is accepted and does nothing here. */
  readonly warnings: readonly string[];
}

export interface ReceiverConfig {
  readonly name: string;
  /** With `name` among them. */
  readonly labels: TextMap;
  readonly ways: readonly ConfiguredWay[];
  /** Types that we don't have, of which the receiver has some; read only where that is allowed. */
  readonly absent: readonly string[];
}

/** One entry of a receiver, with its place among those of its type. */
export interface ConfiguredWay {
  readonly type: ReceiverType<never>;
  readonly index: number;
  readonly config: never;
}

export interface NotifyFile {
  readonly text: string;
  /** Its path: in messages, and where relative paths begin. */
  readonly file: string;
  /** Receivers of types that we don't have are kept, and tell nobody. */
  readonly allowsAbsent?: boolean;
}

interface RawReceiver {
  readonly name: string;
  readonly labels: TextMap;
  readonly [key: `${string}_configs`]: readonly unknown[];
}

const anything = z.any().optional();

const receiverSchema = strictObject({
  name: text('').refine((name) => name !== '', { error: 'missing name in receiver' }),
  labels: texts(),
  ...Object.fromEntries(RECEIVER_TYPES.map(({ name, schema }) => [`${name}_configs`, list(schema)])),
  ...Object.fromEntries(ABSENT_TYPES.map((name) => [`${name}_configs`, list(z.any())])),
}) as unknown as z.ZodType<RawReceiver>;

const fileShape = {
  global: globalSchema,
  route: routeSchema.optional(),
  inhibit_rules: list(inhibitRuleSchema),
  receivers: list(receiverSchema),
  templates: list(text()),
  mute_time_intervals: list(namedIntervalsSchema),
  time_intervals: list(namedIntervalsSchema),
  tracing: anything,
  event_recorder: anything,
};
const fileSchema = strictObject(fileShape);
const BLOCKS: ReadonlySet<string> = new Set(Object.keys(fileShape));

const NO_ROUTE = 'no route provided in config';

/** Reads a configuration as Alertmanager 0.35 does (config.LoadFile). Throws all that is wrong with it, as ConfigErrors. */
export function readNotifyConfig(source: NotifyFile): NotifyConfig {
  return readNotifyRoot(parseRoot(source), source);
}

/** The same of a file that is parsed. `absent` are types that we don't have, by receiver, where the tree can't say them. */
export function readNotifyRoot(
  root: ConfigNode,
  source: Pick<NotifyFile, 'file' | 'allowsAbsent'>,
  absent: ReadonlyMap<string, readonly string[]> = new Map(),
): NotifyConfig {
  let read: ReturnType<typeof readBlock<z.output<typeof fileSchema>>> | undefined;
  const secrets = secretsMadeBy(() => {
    read = readBlock(fileSchema, { root, path: [] });
  });
  if ('errors' in read!) throw new ConfigErrors([...read.errors, ...furtherErrors(root, source)]);
  const { value } = read!;
  const checks = new Checks(root);
  const receivers = value.receivers.map((raw, i) =>
    checks.receiver(raw, i, value.global, source.allowsAbsent === true),
  );
  const timeIntervals = new Map<string, readonly TimeInterval[]>();
  for (const block of ['mute_time_intervals', 'time_intervals'] as const) {
    value[block].forEach(({ name, intervals }, i) => {
      if (timeIntervals.has(name)) checks.add([block, i, 'name'], `time interval "${name}" is not unique`);
      timeIntervals.set(name, intervals);
    });
  }
  const names = new Set(receivers.map(({ name }) => name));
  if (value.route === undefined) checks.add([], NO_ROUTE);
  else checks.rootRoute(value.route, names, new Set(timeIntervals.keys()));
  if (checks.errors.length > 0) throw new ConfigErrors(checks.errors);
  return {
    global: value.global,
    route: value.route!,
    inhibitRules: value.inhibit_rules,
    receivers: receivers.map((each) => ({ ...each, absent: [...each.absent, ...(absent.get(each.name) ?? [])] })),
    timeIntervals,
    templates: value.templates.map((glob) => besideFile(glob, source)),
    shown: shownText(root, secrets),
    warnings: (['tracing', 'event_recorder'] as const)
      .filter((block) => value[block] !== undefined)
      .map((block) => `${place(root, [block])}: ${block} is about Alertmanager's own process, and does nothing here`),
  };
}

/** Where template files are, also in a file that has mistakes. */
export function templatesIn(source: NotifyFile): { readonly globs: readonly string[]; readonly place: ConfigPlace } {
  const root = parseRoot(source);
  const globs = itemsOf(nodeAt(root, ['templates'])).map(spelling);
  return { globs: globs.map((glob) => besideFile(glob, source)), place: placeAt(root, ['templates']) };
}

function besideFile(glob: string, { file }: Pick<NotifyFile, 'file'>): string {
  return isAbsolute(glob) ? glob : join(dirname(file), glob);
}

/** Of a file with parts that can't be read: what is wrong between those that can. */
function furtherErrors(root: ConfigNode, { allowsAbsent }: Pick<NotifyFile, 'allowsAbsent'>): readonly ConfigError[] {
  const checks = new Checks(root);
  const global = readBlock(globalSchema, { root, path: ['global'] });
  const receivers = itemsOf(nodeAt(root, ['receivers']));
  for (const i of receivers.keys()) {
    const raw = readBlock(receiverSchema, { root, path: ['receivers', i] });
    if ('value' in raw && 'value' in global) checks.receiver(raw.value, i, global.value, allowsAbsent === true);
  }
  const route = nodeAt(root, ['route']);
  if (route === undefined) {
    if (!hasUnknownBlock(root)) checks.add([], NO_ROUTE);
    return checks.errors;
  }
  const namesIn = (...blocks: readonly string[]): ReadonlySet<string> | undefined => {
    const lists = blocks.map((block) => nodeAt(root, [block]));
    // Where it can't be told which names there are, none is wrong.
    if (lists.every((list) => list?.kind !== 'list') && hasUnknownBlock(root)) return undefined;
    return new Set(lists.flatMap(itemsOf).map((item) => spelling(nodeAt(item, ['name']))));
  };
  checks.rootRoute(namesOfRoute(route), namesIn('receivers'), namesIn('mute_time_intervals', 'time_intervals'));
  return checks.errors;
}

function hasUnknownBlock(root: ConfigNode): boolean {
  return root.kind !== 'map' || Array.from(root.entries.keys()).some((key) => !BLOCKS.has(key));
}

/** What a node of the tree names, whatever else is wrong with it. */
type RouteNames = Pick<RouteConfig, 'receiver' | 'continues' | 'muteTimeIntervals' | 'activeTimeIntervals'> & {
  readonly matchers: readonly unknown[];
  readonly routes: readonly RouteNames[];
};

function namesOfRoute(node: ConfigNode): RouteNames {
  const listOf = (key: string): readonly ConfigNode[] => itemsOf(nodeAt(node, [key]));
  const older = ['match', 'match_re'].map((key) => nodeAt(node, [key]));
  return {
    receiver: spelling(nodeAt(node, ['receiver'])),
    continues: /^(?:true|yes|on|y)$/i.test(spelling(nodeAt(node, ['continue']))),
    matchers: [...listOf('matchers'), ...older.flatMap((map) => (map?.kind === 'map' ? [...map.entries.keys()] : []))],
    muteTimeIntervals: listOf('mute_time_intervals').map(spelling),
    activeTimeIntervals: listOf('active_time_intervals').map(spelling),
    routes: listOf('routes').map(namesOfRoute),
  };
}

function itemsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  return node?.kind === 'list' ? node.items : [];
}

function spelling(node: ConfigNode | undefined): string {
  return node?.kind === 'scalar' ? (node.text ?? String(node.value ?? '')) : '';
}

/** Throws ConfigErrors for what is no YAML. */
export function parseRoot({ text: yaml, file }: NotifyFile): ConfigNode {
  try {
    return parseYaml({ text: yaml, file, keepsSpelling: true });
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigErrors([error]);
    throw error;
  }
}

function place(root: ConfigNode, path: NodePath): string {
  const { file, line } = placeAt(root, path);
  return `${file}:${line}`;
}

/** What holds between the parts of the file. */
class Checks {
  readonly errors: ConfigError[] = [];
  readonly #root: ConfigNode;
  readonly #receivers = new Set<string>();

  constructor(root: ConfigNode) {
    this.#root = root;
  }

  add(path: NodePath, message: string): void {
    const written = path.join('::');
    this.errors.push(
      new ConfigError(written, written === '' ? message : `${written}: ${message}`, placeAt(this.#root, path)),
    );
  }

  receiver(raw: RawReceiver, at: number, global: GlobalConfig, allowsAbsent: boolean): ReceiverConfig {
    const path = ['receivers', at] as const;
    const { name } = raw;
    if (this.#receivers.has(name)) this.add([...path, 'name'], `notification config name "${name}" is not unique`);
    this.#receivers.add(name);
    const own = raw.labels.get('name');
    if (own !== undefined && own !== name) {
      this.add([...path, 'labels', 'name'], `receiver label "name" must match receiver name "${name}", got "${own}"`);
    }
    const absent = ABSENT_TYPES.filter((type) => raw[`${type}_configs`]!.length > 0);
    if (!allowsAbsent) {
      for (const type of absent) {
        const known = RECEIVER_TYPES.map((one) => one.name).join(', ');
        const wayOut = 'take them out, or start with --allow-unsupported-receivers, which sends an alert about them';
        this.add([...path, `${type}_configs`], `there are no receivers of the type ${type}, only ${known}; ${wayOut}`);
      }
    }
    const ways = RECEIVER_TYPES.flatMap((type) =>
      raw[`${type.name}_configs`]!.flatMap((entry, index): ConfiguredWay[] => {
        const config = type.complete(entry as never, global);
        if (typeof config !== 'string') return [{ type, index, config }];
        this.add([...path, `${type.name}_configs`, index], config);
        return [];
      }),
    );
    return { name, labels: new Map([...raw.labels, ['name', name]]), ways, absent };
  }

  /** Names that are not known are undefined: then none is looked for among them. */
  rootRoute(
    route: RouteNames,
    receivers: ReadonlySet<string> | undefined,
    intervals: ReadonlySet<string> | undefined,
  ): void {
    const path = ['route'];
    if (route.receiver === '') this.add(path, 'root route must specify a default receiver');
    const matching = ['matchers', 'match', 'match_re'].find((key) => nodeAt(this.#root, [...path, key]) !== undefined);
    if (route.matchers.length > 0) this.add([...path, matching!], 'root route must not have any matchers');
    if (route.continues) this.add([...path, 'continue'], 'cannot have continue in root route');
    for (const [key, names, kind] of [
      ['mute_time_intervals', route.muteTimeIntervals, 'mute'],
      ['active_time_intervals', route.activeTimeIntervals, 'active'],
    ] as const)
      if (names.length > 0) this.add([...path, key], `root route must not have any ${kind} time intervals`);
    this.#route(route, path, receivers, intervals);
  }

  #route(
    route: RouteNames,
    path: NodePath,
    receivers: ReadonlySet<string> | undefined,
    intervals: ReadonlySet<string> | undefined,
  ): void {
    if (route.receiver !== '' && receivers?.has(route.receiver) === false) {
      this.add(
        [...path, 'receiver'],
        `undefined receiver "${route.receiver}" used in route${hint(route.receiver, receivers)}`,
      );
    }
    const used = [
      ['active_time_intervals', route.activeTimeIntervals],
      ['mute_time_intervals', route.muteTimeIntervals],
    ] as const;
    for (const [key, names] of used) {
      names.forEach((name, i) => {
        if (intervals === undefined || intervals.has(name)) return;
        this.add([...path, key, i], `undefined time interval "${name}" used in route${hint(name, intervals)}`);
      });
    }
    for (const [i, below] of route.routes.entries()) this.#route(below, [...path, 'routes', i], receivers, intervals);
  }
}

function hint(name: string, known: ReadonlySet<string>): string {
  const near = nearest(name, Array.from(known));
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/** Blocks whose secrets nobody has read. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  'tracing',
  'event_recorder',
  ...ABSENT_TYPES.map((type) => `${type}_configs`),
]);

function shownText(root: ConfigNode, secrets: ReadonlySet<string>): string {
  const mask = (value: unknown): unknown => {
    if (typeof value === 'string') return value !== '' && secrets.has(value) ? SHOWN_SECRET : withoutPassword(value);
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== 'object' || value === null || value.constructor !== Object) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !NOT_SHOWN.has(key))
        .map(([key, item]) => [key, isSecretNumber(key, item) ? SHOWN_SECRET : mask(item)] as const),
    );
  };
  return printYaml(mask(toPlain(root))).replaceAll('$$', '$');
}

/** A secret that was written as a number. */
function isSecretNumber(key: string, value: unknown): boolean {
  return /(password|secret|token|key|credentials)$/.test(key) && typeof value !== 'string' && typeof value !== 'object';
}

function withoutPassword(value: string): string {
  return value.replace(/^(https?:\/\/[^/\s:@]*):[^/\s@]*@/, `$1:${SHOWN_SECRET}@`);
}
