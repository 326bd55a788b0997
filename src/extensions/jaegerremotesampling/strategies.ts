import { z } from 'zod';
import { messageOf } from '#base';

/** How a service samples, as Jaeger's SDKs are told (jaeger-idl proto/api_v2/sampling.proto). */
export interface Strategy {
  /** A share of traces, in [0, 1]. */
  readonly probability?: number;
  readonly tracesPerSecond?: number;
  readonly operations?: {
    /** Of those that are not named. */
    readonly defaultProbability: number;
    readonly byName: readonly { readonly operation: string; readonly probability: number }[];
  };
}

/** Of a file like Jaeger's. */
export class Strategies {
  readonly #default: Strategy;
  readonly #byService: ReadonlyMap<string, Strategy>;

  constructor(fallback: Strategy, byService: ReadonlyMap<string, Strategy>) {
    this.#default = fallback;
    this.#byService = byService;
  }

  of(service: string): Strategy {
    return this.#byService.get(service) ?? this.#default;
  }
}

/** What Jaeger says where nothing is said. */
const DEFAULT_PROBABILITY = 0.001;

const kind = { type: z.string().optional(), param: z.number().optional() };
const operation = z.object({ operation: z.string(), ...kind });
const own = z.object({ ...kind, operation_strategies: z.array(operation).nullish() });
const file = z.object({
  default_strategy: own.nullish(),
  service_strategies: z.array(own.extend({ service: z.string() })).nullish(),
});
type OwnStrategy = z.infer<typeof own>;

/**
 * Reads the text of a strategies file (jaegertracing/jaeger internal/sampling/samplingstrategy/file). `warn` is told what is passed over, as Jaeger
 * passes it over. Throws an Error that says what can't be read.
 */
export function readStrategies(text: string, warn: (message: string) => void): Strategies {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`the strategies are no JSON: ${messageOf(error)}`, { cause: error });
  }
  const { success, data, error } = file.safeParse(parsed);
  if (!success) {
    const [issue] = error.issues;
    throw new Error(`the strategies can't be read: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const fallback: Strategy = data.default_strategy
    ? strategyOf(data.default_strategy, 'default_strategy', warn)
    : { probability: DEFAULT_PROBABILITY };
  const byService = new Map<string, Strategy>();
  for (const one of data.service_strategies ?? [])
    byService.set(one.service, withDefaults(strategyOf(one, one.service, warn), fallback));
  return new Strategies(fallback, byService);
}

function strategyOf(one: OwnStrategy, name: string, warn: (message: string) => void): Strategy {
  const whole = plainStrategy(one, name, warn);
  const named = one.operation_strategies ?? [];
  if (named.length === 0) return whole;
  const byName = named.flatMap(({ operation, type, param = 0 }) => {
    if (type === 'probabilistic') return [{ operation, probability: share(param) }];
    warn(`${name}: operation ${operation}: type ${JSON.stringify(type ?? '')} is not probabilistic, it is passed over`);
    return [];
  });
  return { ...whole, operations: { defaultProbability: whole.probability ?? DEFAULT_PROBABILITY, byName } };
}

function plainStrategy({ type, param = 0 }: OwnStrategy, name: string, warn: (message: string) => void): Strategy {
  if (type === 'probabilistic') return { probability: share(param) };
  if (type === 'ratelimiting') return { tracesPerSecond: Math.trunc(Math.max(0, param)) };
  warn(`${name}: type ${JSON.stringify(type ?? '')} is neither probabilistic nor ratelimiting`);
  return { probability: DEFAULT_PROBABILITY };
}

function share(param: number): number {
  return Math.min(1, Math.max(0, param));
}

/** Operations of the default hold for services too, where those don't name them. */
function withDefaults(strategy: Strategy, fallback: Strategy): Strategy {
  if (fallback.operations === undefined) return strategy;
  const { operations } = strategy;
  const byDefault = fallback.operations;
  if (operations === undefined) {
    const defaultProbability = strategy.probability ?? byDefault.defaultProbability;
    return { ...strategy, operations: { ...byDefault, defaultProbability } };
  }
  const known = new Set(operations.byName.map(({ operation }) => operation));
  const others = byDefault.byName.filter(({ operation }) => !known.has(operation));
  return { ...strategy, operations: { ...operations, byName: [...operations.byName, ...others] } };
}
