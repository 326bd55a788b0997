import type { TapCounts, TapEvent, TapItem } from '#collector';
import { printField } from '#inspect';

const MARKS: Readonly<Record<TapItem['outcome'], string>> = {
  passed: ' ',
  changed: '~',
  dropped: '-',
  added: '+',
  refused: '!',
  held: '…',
};
/** What says best what an item is, in this order. */
const HEADS = ['name', 'body', 'event_name', 'metric.name'];
const MORE = ['resource.attributes["service.name"]', 'status.code', 'severity_text', 'value', 'count'];

/** The events of a tap as lines for people. */
export class TapPrinter {
  #counts: TapCounts | undefined;
  /** Of a component that a pipeline begins or ends with there is one number. */
  #hasTwoSides = true;

  print(event: TapEvent): string {
    switch (event.type) {
      case 'start': {
        const { pipeline, role, id, signal, isConnector } = event.target;
        this.#hasTwoSides = role === 'processor' || (isConnector && role === 'exporter');
        const hint = event.isRaw
          ? ''
          : '; what this or a later component changes or removes is masked (--raw shows it)';
        return `looking at ${signal} at the ${role} ${id} of the pipeline ${pipeline}, up to ${event.limits.items} items${hint}\n`;
      }
      case 'item':
        return printItem(event);
      case 'counts':
        this.#counts = event;
        return '';
      case 'end':
        return `${ENDS[event.reason]}${event.message === undefined ? '' : `: ${event.message}`}\n`;
    }
  }

  /** How much there was. */
  summary(): string {
    if (this.#counts === undefined) return '';
    const { in: taken, out, shown, waiting, leftOut } = this.#counts;
    const reasons = Object.entries(leftOut).map(([reason, count]) => `, ${count} ${reason}`);
    const passed = this.#hasTwoSides ? `${taken} in and ${out} out` : `${taken}`;
    return `${shown} shown of ${passed}${reasons.join('')}${waiting > 0 ? `, ${waiting} waiting` : ''}\n`;
  }
}

const ENDS: Readonly<Record<Extract<TapEvent, { type: 'end' }>['reason'], string>> = {
  items: 'that are all the items that were asked for (--items)',
  bytes: 'that is as much as a tap gives',
  time: 'the time is over (--time)',
  reload: 'the collector reads its configuration again, or stops: start again',
  fault: 'the tap failed; the pipeline goes on',
};

/** A line for the item, one for each field that was changed or is masked. */
function printItem({ atMs, outcome, reason, isDroppedLater, fields }: TapItem): string {
  const of = (path: string): string | undefined => {
    const field = fields.find((one) => one.path === path);
    return field && printField({ path, ...(field.value !== undefined && { value: field.value }) }).slice(2);
  };
  const head = HEADS.map(of).find((text) => text !== undefined) ?? '';
  const more = MORE.flatMap((path) => of(path) ?? []);
  const why = reason === undefined ? '' : ` (${reason})`;
  const later = isDroppedLater ? ', dropped later' : '';
  const time = new Date(atMs).toISOString().slice(11, 23);
  const first = `${time} ${MARKS[outcome]} ${outcome}${why}${later}  ${[head, ...more].join('  ')}`;
  const others = fields.filter(({ change, masked }) => change !== undefined || masked !== undefined);
  return `${[first, ...others.map((field) => `               ${printField(field)}`)].join('\n')}\n`;
}
