import type { z } from 'zod';
import { strictObject } from './object.ts';
import { boolean, list, text } from './values.ts';

/** Which attributes of a resource are labels of its series: patterns with `*` and `?`. Without any in `included` all are. */
export interface ResourceLabels {
  readonly isOn: boolean;
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

interface Written {
  readonly enabled: boolean;
  readonly exclude_service_attributes: boolean;
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

const patterns = (meaning: string): z.ZodType<string[]> => list(text()).describe(meaning) as z.ZodType<string[]>;
const older: z.ZodType<Written> = strictObject({
  enabled: boolean(false).describe(
    'the older form: each attribute of a resource is a label of its series; else they are on `target_info`',
  ),
  exclude_service_attributes: boolean(false).describe(
    'but `service.name`, `service.namespace` and `service.instance.id`, of which `job` and `instance` are made',
  ),
  included: patterns('as under `resource_constant_labels`'),
  excluded: patterns('as under `resource_constant_labels`'),
});
const today: z.ZodType<Pick<Written, 'included' | 'excluded'>> = strictObject({
  included: patterns(
    'patterns with `*` and `?`: attributes of a resource that are labels of its series. With none, all but `excluded` where that names some',
  ),
  excluded: patterns('of these, patterns of what is left out'),
});

/** Both forms of it, as otelcol-contrib's pkg/resourcetotelemetry (0.161) reads them. */
export const resourceLabelsShape: {
  readonly resource_to_telemetry_conversion: z.ZodType<Written>;
  readonly resource_constant_labels: z.ZodType<Pick<Written, 'included' | 'excluded'>>;
} = { resource_to_telemetry_conversion: older, resource_constant_labels: today };

interface RawResourceLabels {
  readonly resource_to_telemetry_conversion: Written;
  readonly resource_constant_labels: Pick<Written, 'included' | 'excluded'>;
}

const SERVICE_KEYS = ['service.name', 'service.namespace', 'service.instance.id'];

export function toResourceLabels(raw: RawResourceLabels): ResourceLabels {
  const { enabled, exclude_service_attributes: withoutService, ...conversion } = raw.resource_to_telemetry_conversion;
  const own = raw.resource_constant_labels;
  const { included, excluded } = isEmpty(own) ? conversion : own;
  if (!isEmpty({ included, excluded })) return { isOn: true, included, excluded };
  return { isOn: enabled, included: [], excluded: withoutService ? SERVICE_KEYS : [] };
}

/** In otelcol's words. */
export function resourceLabelsMistakes(
  raw: RawResourceLabels,
): { readonly path: readonly string[]; readonly message: string }[] {
  const { enabled, exclude_service_attributes: withoutService, ...conversion } = raw.resource_to_telemetry_conversion;
  const path = ['resource_to_telemetry_conversion'];
  const isOlder = enabled || withoutService;
  if ((isOlder || !isEmpty(conversion)) && !isEmpty(raw.resource_constant_labels)) {
    const message =
      'cannot configure both resource_to_telemetry_conversion and resource_constant_labels; resource_to_telemetry_conversion is deprecated';
    return [{ path, message }];
  }
  if (!isOlder || isEmpty(conversion)) return [];
  const message =
    'cannot configure both legacy enabled/exclude_service_attributes and included/excluded patterns; enabled and exclude_service_attributes are deprecated';
  return [{ path, message }];
}

function isEmpty({ included, excluded }: Pick<Written, 'included' | 'excluded'>): boolean {
  return included.length === 0 && excluded.length === 0;
}
