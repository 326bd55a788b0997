import { errorMode, type Mistake } from '#component/ottl-config.ts';
import { boolean, list, oneOf, type Schema, strictObject, text } from '#config';
import type { ErrorMode } from '#ottl';
import { parseRequestCondition } from './request-condition.ts';
import { compileRule, type RuleConfig } from './rule.ts';

const ROUTE_CONTEXTS = ['resource', 'span', 'metric', 'datapoint', 'log', 'otelcol', 'request'] as const;

export interface RouteConfig extends RuleConfig {
  /** Whether what matches goes on to the next route, too. */
  readonly isCopy: boolean;
  readonly pipelines: readonly string[];
}

/** What users write under `routing:` (otelcol-contrib connector/routingconnector). */
export interface RoutingConfig {
  readonly defaultPipelines: readonly string[];
  readonly errorMode: ErrorMode;
  readonly matchOnce: boolean | undefined;
  readonly table: readonly RouteConfig[];
}

const route = strictObject({
  context: oneOf(ROUTE_CONTEXTS)
    .optional()
    .meta({
      description: 'what the condition is asked of; without it what its paths begin with, or else `resource`',
      words: {
        resource: 'all of a resource goes together',
        span: 'each span',
        metric: 'each metric',
        datapoint: 'each data point',
        log: 'each log record',
        otelcol: 'the whole batch, by what its sender said',
        request: 'the older form of `otelcol`: `request["name"] == "value"`, or `!=`',
      },
    }),
  condition: text('').describe('in OTTL: what fulfils it takes this route'),
  statement: text('').describe(
    'in place of a condition: `route() where …`; `delete_key` and `delete_matching_keys` take attributes away on the way',
  ),
  action: oneOf(['move', 'copy'], 'move').meta({
    description: 'what is done with it',
    words: { move: 'it is gone for the routes behind', copy: 'the routes behind see it, too' },
  }),
  pipelines: list(text()).describe('where it goes'),
});

export const routingSchema: Schema<RoutingConfig> = strictObject({
  default_pipelines: list(text()).describe('what takes no route goes there; without any it is left out'),
  error_mode: errorMode,
  table: list(route).meta({ description: 'the routes, in order', defaultText: 'required' }),
  match_once: boolean().optional().describe('of earlier versions: `true` changes nothing any more, `false` is refused'),
}).transform((raw) => ({
  defaultPipelines: raw.default_pipelines,
  errorMode: raw.error_mode,
  matchOnce: raw.match_once,
  table: raw.table.map(({ context, condition, statement, action, pipelines }) => ({
    context,
    condition,
    statement,
    isCopy: action === 'copy',
    pipelines,
  })),
}));

const NO_MATCH_ONCE =
  'is gone: what takes a route is gone for those behind; `action: copy` of a route leaves it to them';

export function validateRouting({ table, matchOnce }: RoutingConfig): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (matchOnce === false) mistakes.push({ path: ['match_once'], message: NO_MATCH_ONCE });
  if (table.length === 0) mistakes.push({ path: ['table'], message: 'the routing table is empty' });
  for (const [index, each] of table.entries()) {
    const path = ['table', index];
    const fail = (message: string, key?: string): unknown =>
      mistakes.push({ path: key === undefined ? path : [...path, key], message });
    if (each.pipelines.length === 0) fail('no pipelines defined');
    if (each.condition === '' && each.statement === '') fail('no condition or statement provided');
    else if (each.condition !== '' && each.statement !== '') fail('both condition and statement provided');
    else if (each.context !== 'request') compileRule(each, path, mistakes);
    else if (each.condition === '') fail('the context request needs a condition');
    else {
      const condition = parseRequestCondition(each.condition);
      if (typeof condition === 'string') fail(condition, 'condition');
    }
  }
  return mistakes;
}
