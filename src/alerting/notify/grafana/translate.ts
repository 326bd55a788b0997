import { ConfigError, type ConfigPlace } from '#base';
import type { ConfigNode } from '#config';
import { RECEIVER_LABEL } from '../../rules/grafana/states.ts';
import type { TemplateFile } from '../template/templates.ts';
import { CONTACT_TYPES, contactEntries, receiverNode, type Translated, translateContact } from './contact-points.ts';
import {
  childOf,
  type Environment,
  isGiven,
  itemsOf,
  listNode,
  mapNode,
  scalar,
  textOf,
  withEnvironment,
} from './nodes.ts';

/** Contact points, policies, mute timings and templates of Grafana's provisioning, as the configuration of an Alertmanager. */

export interface TranslatedConfig {
  readonly root: ConfigNode;
  /** Types that are not there, by the name of the contact point that has them. */
  readonly absent: ReadonlyMap<string, readonly string[]>;
  readonly templates: readonly TemplateFile[];
  /** With their places. */
  readonly warnings: readonly string[];
  readonly errors: readonly ConfigError[];
}

export function isGrafanaFile(root: ConfigNode): boolean {
  return textOf(childOf(root, 'apiVersion')) === '1';
}

export interface TranslateOptions {
  readonly environment: Environment;
  /** Contact points of types that are not there are kept, and tell nobody. */
  readonly allowsAbsent: boolean;
}

/** `files` are those of a folder, at least one. */
export function translateGrafana(files: readonly ConfigNode[], options: TranslateOptions): TranslatedConfig {
  const translation = new Translation(options);
  const first = files[0]!;
  const all = (key: string): readonly ConfigNode[] => files.flatMap((file) => itemsOf(childOf(file, key)));
  const receivers = translation.receivers(all('contactPoints'), first.place);
  const policies = all('policies');
  const names = receivers.map((receiver) => childOf(receiver, 'name')!);
  const members = {
    global: mailSettings(options.environment, first.place),
    route: translation.root(policies, names, first.place),
    receivers: listNode(receivers, first.place),
    time_intervals: listNode(
      all('muteTimes').map((mute) =>
        mapNode({ name: childOf(mute, 'name'), time_intervals: childOf(mute, 'time_intervals') }, mute.place),
      ),
      first.place,
    ),
  };
  const templates = all('templates').map((template) => ({
    name: `${template.place.file}:${template.place.line}`,
    text: textOf(childOf(template, 'template')).replaceAll('$$', '$'),
  }));
  const { absent, warnings, errors } = translation;
  return {
    ...{ root: mapNode(members, first.place), absent, warnings, errors },
    templates: [{ name: "Grafana's default templates", text: DEFAULTS }, ...templates],
  };
}

class Translation {
  readonly absent = new Map<string, string[]>();
  readonly warnings: string[] = [];
  readonly errors: ConfigError[] = [];
  readonly #options: TranslateOptions;

  constructor(options: TranslateOptions) {
    this.#options = options;
  }

  receivers(points: readonly ConfigNode[], place: ConfigPlace): readonly ConfigNode[] {
    // The same name may be in several files.
    const byName = new Map<string, ConfigNode[]>();
    for (const point of points) {
      const name = textOf(childOf(point, 'name'));
      if (name === '') this.#error(point.place, 'a contact point must have a name');
      byName.set(name, [...(byName.get(name) ?? []), point]);
    }
    return Array.from(byName, ([name, same]) => {
      const ways = same.flatMap(contactEntries).flatMap((entry) => this.#way(name, entry));
      return receiverNode(childOf(same[0], 'name') ?? scalar(name, place), ways, same[0]!.place);
    });
  }

  #way(name: string, written: ConfigNode): readonly Translated[] {
    const { environment, allowsAbsent } = this.#options;
    const entry = withEnvironment(written, environment, (error) => this.errors.push(error));
    const translated = translateContact(entry, (place, message) => this.#warn(place, message));
    if (translated?.type === 'email' && environment.GF_SMTP_HOST === undefined)
      this.#error(entry.place, 'email: set GF_SMTP_HOST and GF_SMTP_FROM_ADDRESS in the environment, as for Grafana');
    if (translated !== undefined) return [translated];
    const type = textOf(childOf(entry, 'type'));
    this.absent.set(name, [...(this.absent.get(name) ?? []), type]);
    if (!allowsAbsent)
      this.#error(
        childOf(entry, 'type')?.place ?? entry.place,
        `contact point ${JSON.stringify(name)}: there are none of the type ${type}, only ${CONTACT_TYPES.join(', ')}; ${WAY_OUT}`,
      );
    return [];
  }

  /** The tree of policies; before it, those rules that name their contact point. */
  root(policies: readonly ConfigNode[], names: readonly ConfigNode[], place: ConfigPlace): ConfigNode {
    const [policy, second] = policies;
    if (second !== undefined)
      this.#error(second.place, 'policies: only those of one organisation are taken; name the files of one');
    if (policy === undefined) {
      this.#error(place, 'policies is missing: it says which contact point is told of what');
      return mapNode({}, place);
    }
    const direct = names.map((name) =>
      mapNode(
        {
          receiver: name,
          matchers: listNode([scalar(`${RECEIVER_LABEL}=${JSON.stringify(textOf(name))}`, name.place)], name.place),
        },
        name.place,
      ),
    );
    const own = this.#route(policy);
    const grouped = isGiven(childOf(own, 'group_by'))
      ? {}
      : {
          group_by: listNode(
            GROUP_BY.map((label) => scalar(label, policy.place)),
            policy.place,
          ),
        };
    return mapNode(
      {
        ...membersOf(own),
        ...grouped,
        routes: listNode([...direct, ...itemsOf(childOf(own, 'routes'))], policy.place),
      },
      policy.place,
    );
  }

  #route(policy: ConfigNode): ConfigNode {
    const members: Record<string, ConfigNode | undefined> = {};
    for (const [key, { node, keyPlace }] of policy.kind === 'map' ? policy.entries : []) {
      if (key === 'object_matchers' || key === 'matchers' || key === 'routes' || NOT_OF_ROUTES.has(key)) continue;
      if (ROUTE_KEYS.has(key)) members[key] = node;
      else this.#error(keyPlace, `policies: ${key} is not known`);
    }
    const matchers = [
      ...itemsOf(childOf(policy, 'matchers')),
      ...itemsOf(childOf(policy, 'object_matchers')).map(matcherOf),
    ];
    if (matchers.length > 0) members.matchers = listNode(matchers, matchers[0]!.place);
    members.routes = listNode(
      itemsOf(childOf(policy, 'routes')).map((route) => this.#route(route)),
      policy.place,
    );
    return mapNode(members, policy.place);
  }

  #error({ file, line, column }: ConfigPlace, message: string): void {
    this.errors.push(new ConfigError('', message, { file, line, column }));
  }

  #warn({ file, line }: ConfigPlace, message: string): void {
    this.warnings.push(`${file}:${line}: ${message}`);
  }
}

function membersOf(node: ConfigNode): Readonly<Record<string, ConfigNode>> {
  return Object.fromEntries(node.kind === 'map' ? Array.from(node.entries, ([key, { node: own }]) => [key, own]) : []);
}

const WAY_OUT = 'take it out, or start with --allow-unsupported-receivers, which sends an alert about it';

/** What Grafana groups by where a policy says nothing. */
const GROUP_BY = ['grafana_folder', 'alertname'];
const NOT_OF_ROUTES: ReadonlySet<string> = new Set(['orgId', 'name', 'version', 'provenance']);
const ROUTE_KEYS: ReadonlySet<string> = new Set([
  ...['receiver', 'group_by', 'continue', 'mute_time_intervals', 'active_time_intervals'],
  ...['group_wait', 'group_interval', 'repeat_interval'],
]);

/** `[name, operator, value]`. */
function matcherOf(matcher: ConfigNode): ConfigNode {
  const [name, operator, value] = itemsOf(matcher).map(textOf);
  return scalar(`${JSON.stringify(name ?? '')}${operator ?? ''}${JSON.stringify(value ?? '')}`, matcher.place);
}

/** Grafana's own settings of mail, which it takes from the environment. */
function mailSettings(environment: Environment, place: ConfigPlace): ConfigNode | undefined {
  const of = (name: string): ConfigNode | undefined => {
    const value = environment[`GF_SMTP_${name}`];
    return value === undefined || value === '' ? undefined : scalar(value, place);
  };
  if (of('HOST') === undefined) return undefined;
  return mapNode(
    {
      smtp_smarthost: of('HOST'),
      smtp_from: of('FROM_ADDRESS') ?? scalar('admin@grafana.localhost', place),
      smtp_auth_username: of('USER'),
      smtp_auth_password: of('PASSWORD'),
      smtp_hello: of('EHLO_IDENTITY'),
      smtp_require_tls: textOf(of('STARTTLS_POLICY')) === 'NoStartTLS' ? scalar(false, place) : undefined,
    },
    place,
  );
}

/** The templates that messages of Grafana's contact points name, in our words. */
const DEFAULTS = `{{ define "default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "signalbox.grafana.alerts" }}{{ range . }}
{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}
{{ range .Annotations.SortedPairs }}{{ .Name }}: {{ .Value }}
{{ end }}{{ if .GeneratorURL }}{{ .GeneratorURL }}
{{ end }}{{ end }}{{ end }}
{{ define "default.message" }}{{ if .Alerts.Firing }}Firing:{{ template "signalbox.grafana.alerts" .Alerts.Firing }}{{ end }}
{{- if .Alerts.Resolved }}Resolved:{{ template "signalbox.grafana.alerts" .Alerts.Resolved }}{{ end }}{{ end }}
`;
