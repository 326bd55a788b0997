/** What is behind a point of a metric: the traces and logs of its services at that moment, and its exemplars. */
import type { MetricQueryResponse } from '#api/types.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { formatClock, formatDate } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { useLinks } from '../lib/links.ts';
import { useScope } from '../lib/scope.tsx';
import { rangeToSearch } from '../lib/time-range.ts';
import { Icon } from '../widgets/icons.tsx';
import { ServiceName } from '../widgets/service-name.tsx';
import { To } from '../widgets/to.tsx';

export interface Moment {
  readonly fromMs: number;
  readonly toMs: number;
}

interface MetricMomentProps {
  readonly data: MetricQueryResponse;
  readonly moment: Moment;
  readonly format: (value: number) => string;
  readonly onClose: () => void;
}

export function MetricMoment({ data, ...rest }: MetricMomentProps) {
  return <MomentPanel services={servicesOf(data)} exemplars={data.exemplars} {...rest} />;
}

interface MomentPanelProps extends Omit<MetricMomentProps, 'data'> {
  readonly services: readonly string[];
  /** Those of the moment are shown. */
  readonly exemplars: MetricQueryResponse['exemplars'];
}

const SHOWN_SERVICES = 8;
const SHOWN_EXEMPLARS = 8;

export function MomentPanel({ services, exemplars: all, moment, format, onClose }: MomentPanelProps) {
  const links = useLinks();
  const { zoomTo } = useScope();
  const { fromMs, toMs } = moment;
  useKeys([{ keys: 'Escape', help: 'Close what is behind a point', group: 'Metrics', run: onClose }]);
  const time = rangeToSearch({ kind: 'absolute', fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) });
  const exemplars = all.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
  return (
    <section className="moment" aria-label="Behind this point">
      <div className="section-head">
        <h3>
          {formatDate(fromMs).slice(5)} {formatClock(fromMs)} – {formatClock(toMs)}
        </h3>
        <button type="button" className="button" onClick={() => zoomTo(fromMs, toMs)}>
          Narrow the page to it
        </button>
        <span className="spacer" />
        <button type="button" className="button icon quiet" aria-label="Close" title="Close ( Esc )" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </div>
      <ul>
        {services.length === 0 ? (
          <li>
            <span className="muted">All services</span>
            <To target={links.traces(time)}>Traces</To>
            <To target={links.logs(time)}>Logs</To>
          </li>
        ) : null}
        {services.slice(0, SHOWN_SERVICES).map((service) => (
          <li key={service}>
            <ServiceName name={service} />
            <To target={links.traces({ ...time, service })}>Traces</To>
            <To target={links.logs({ ...time, service })}>Logs</To>
            <To target={links.service(service, time)}>Service</To>
          </li>
        ))}
      </ul>
      {services.length > SHOWN_SERVICES ? (
        <p className="muted">{services.length - SHOWN_SERVICES} more services; group by service.name to choose.</p>
      ) : null}
      {exemplars.length > 0 ? (
        <p className="moment-exemplars">
          <span className="muted">Exemplars</span>
          {exemplars.slice(0, SHOWN_EXEMPLARS).map(({ traceId, spanId, value }) => (
            <To
              key={`${traceId}${spanId}`}
              target={links.trace(traceId, spanId ? { span: spanId } : {})}
              title={`The trace ${visibleText(traceId)}`}
            >
              {format(value)}
            </To>
          ))}
        </p>
      ) : null}
    </section>
  );
}

/** Those of the lines, where they are split by service, else all that send the metric. */
function servicesOf({ series, metric }: MetricQueryResponse): readonly string[] {
  const split = series.flatMap(({ labels }) => labels['service.name'] ?? []);
  return split.length > 0 ? [...new Set(split)] : metric.services;
}
