import { ConfigError, nearest } from '#base';
import { COMPONENT_SECTIONS, type CollectorDocument, type PipelineConfig, parseComponentId, placeAt } from '#config';
import { SIGNALS, type Signal } from '#pdata';
import type { PlannedComponents, PlannedPipeline } from './planned.ts';

type Role = 'receivers' | 'processors' | 'exporters';

/** Checks the sections as a whole and every pipeline by itself, with the messages of otelcol (service/pipelines/config.go). */
export function checkPipelines(
  document: CollectorDocument,
  components: PlannedComponents,
  errors: ConfigError[],
  hasAllPipelines: boolean,
): PlannedPipeline[] {
  const { service, root } = document;
  if (COMPONENT_SECTIONS.every((section) => document.components[section].size === 0) && service.pipelines.size === 0) {
    errors.push(new ConfigError('', 'empty configuration file', root.place));
    return [];
  }
  if (document.components.receivers.size === 0) {
    errors.push(
      new ConfigError('receivers', 'no receiver configuration specified in config', placeAt(root, ['receivers'])),
    );
  }
  if (document.components.exporters.size === 0) {
    errors.push(
      new ConfigError('exporters', 'no exporter configuration specified in config', placeAt(root, ['exporters'])),
    );
  }
  if (service.pipelines.size === 0 && hasAllPipelines) {
    const place = placeAt(root, ['service', 'pipelines']);
    errors.push(
      new ConfigError('service::pipelines', 'service::pipelines: service must have at least one pipeline', place),
    );
  }
  const planned: PlannedPipeline[] = [];
  for (const [key, pipeline] of service.pipelines) {
    const check = new PipelineCheck(document, components, key, errors);
    const result = check.run(pipeline);
    if (result !== undefined) planned.push(result);
  }
  return planned;
}

const PROFILES =
  'profiling signal support is at alpha level, gated under the "service.profilesSupport" feature gate, ' +
  'which Signalbox does not have yet; take the pipeline out';

class PipelineCheck {
  readonly #document: CollectorDocument;
  readonly #components: PlannedComponents;
  readonly #key: string;
  readonly #path: string;
  readonly #errors: ConfigError[];

  constructor(document: CollectorDocument, components: PlannedComponents, key: string, errors: ConfigError[]) {
    this.#document = document;
    this.#components = components;
    this.#key = key;
    this.#path = `service::pipelines::${key}`;
    this.#errors = errors;
  }

  run(pipeline: PipelineConfig): PlannedPipeline | undefined {
    const parsed = parseComponentId(this.#key);
    if ('error' in parsed) return this.#fail(parsed.error);
    if (parsed.type === 'profiles') return this.#fail(PROFILES);
    if (!(SIGNALS as readonly string[]).includes(parsed.type)) {
      return this.#fail(`unknown pipeline signal: "${parsed.type}"; use ${SIGNALS.join(', ')}`);
    }
    const signal = parsed.type as Signal;
    if (pipeline.receivers.length === 0) this.#fail('must have at least one receiver');
    if (pipeline.exporters.length === 0) this.#fail('must have at least one exporter');
    this.#checkRepeated(pipeline.processors);
    this.#checkRole('receivers', pipeline.receivers, signal);
    this.#checkRole('processors', pipeline.processors, signal);
    this.#checkRole('exporters', pipeline.exporters, signal);
    return {
      id: parsed.id,
      signal,
      receivers: [...new Set(pipeline.receivers)],
      processors: pipeline.processors,
      exporters: [...new Set(pipeline.exporters)],
    };
  }

  #checkRepeated(processors: readonly string[]): void {
    processors.forEach((id, i) => {
      if (processors.indexOf(id) < i) this.#fail(`references processor "${id}" multiple times`, 'processors', i);
    });
  }

  #checkRole(role: Role, ids: readonly string[], signal: Signal): void {
    const kind = role.slice(0, -1);
    ids.forEach((id, i) => {
      const sections = role === 'processors' ? [role] : [role, 'connectors' as const];
      if (!sections.some((section) => this.#document.components[section].has(id))) {
        const near = nearest(
          id,
          sections.flatMap((section) => [...this.#document.components[section].keys()]),
        );
        const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
        this.#fail(`references ${kind} "${id}" which is not configured${hint}`, role, i);
        return;
      }
      const factory = this.#components[role].get(id)?.factory;
      if (factory === undefined || factory.kind === 'connector' || factory.kind === 'extension') return;
      if (factory.stability[signal] === undefined) {
        const message = `failed to create "${id}" ${kind} for data type "${signal}": telemetry type is not supported`;
        this.#fail(message, role, i);
      }
    });
  }

  #fail(message: string, ...steps: (string | number)[]): undefined {
    const place = placeAt(this.#document.root, ['service', 'pipelines', this.#key, ...steps]);
    this.#errors.push(new ConfigError(this.#path, `${this.#path}: ${message}`, place));
  }
}
