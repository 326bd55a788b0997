/** A panel of log lines; a line that is chosen shows its labels below. */
import { useMemo, useState } from 'react';
import type { Panel } from '#dashboards';
import { isWrapped, logRecords } from '../../lib/dashboards/log-rows.ts';
import type { PanelData } from '../../lib/dashboards/panel-data.ts';
import { formatDate, formatDateTime } from '../../lib/format.ts';
import { attributesFrame } from '../../lib/frames/details.ts';
import { logFrame } from '../../lib/frames/log.ts';
import { useLinks } from '../../lib/links.ts';
import { VIZ } from '../../viz/registry.ts';
import { Icon } from '../../widgets/icons.tsx';
import { To } from '../../widgets/to.tsx';

const { logs: LogList, details: Details } = VIZ;

export function LogPanel({ panel, data }: { readonly panel: Panel; readonly data: PanelData }) {
  const links = useLinks();
  const [chosen, setChosen] = useState<string>();
  const records = useMemo(() => logRecords(panel, data.lines), [panel, data.lines]);
  const frame = useMemo(() => logFrame(records), [records]);
  const selected = records.find(({ id }) => id === chosen);
  const labels = selected === undefined ? undefined : data.lines[Number(selected.id)]?.labels;
  const days = new Set([records[0], records.at(-1)].flatMap((each) => (each ? formatDate(each.timeMs) : [])));
  return (
    <>
      <LogList
        frame={frame}
        withDate={days.size > 1}
        wrap={isWrapped(panel)}
        // The answer may go on: what is said below the last line would not be true.
        hasOlder
        selectedId={chosen}
        onSelect={(id) => setChosen(id === chosen ? undefined : id)}
      />
      {selected && labels ? (
        <section className="dash-log-detail" aria-label="Labels of the line">
          <div className="dash-head">
            <span className="muted">{formatDateTime(selected.timeMs, true)}</span>
            <span className="spacer" />
            {selected.traceId ? (
              <To target={links.trace(selected.traceId, selected.spanId ? { span: selected.spanId } : {})}>
                Open the trace
              </To>
            ) : null}
            <button type="button" className="button icon quiet" aria-label="Close" onClick={() => setChosen(undefined)}>
              <Icon name="close" size={13} />
            </button>
          </div>
          <Details label="Labels" frame={attributesFrame('labels', labels)} />
        </section>
      ) : null}
    </>
  );
}
