/** The time range of the page: presets, free text, shift, zoom out. */
import { useState } from 'react';
import { formatDateTime } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { useScope } from '../lib/scope.tsx';
import {
  describeRange,
  describeRangeExactly,
  NAMED_RANGES,
  parseRangeText,
  RANGE_PRESETS,
  rangeKey,
  readRange,
  shiftRange,
  zoomOutRange,
} from '../lib/time-range.ts';
import { Icon } from '../widgets/icons.tsx';
import { Popover } from '../widgets/popover.tsx';

const OFFERED: readonly string[] = [...RANGE_PRESETS, ...NAMED_RANGES.map(({ text }) => text)];

export function TimeRangePicker() {
  const scope = useScope();
  const shift = (direction: -1 | 1): void => scope.setRange(shiftRange(scope.range, Date.now(), direction));
  const zoomOut = (): void => scope.setRange(zoomOutRange(scope.range, Date.now()));
  useKeys([
    { keys: '[', help: 'Earlier by half the range', group: 'Time', run: () => shift(-1) },
    { keys: ']', help: 'Later by half the range', group: 'Time', run: () => shift(1) },
    { keys: '-', help: 'Zoom out', group: 'Time', run: zoomOut },
    { keys: 'r', help: 'Ask again now', group: 'Time', run: scope.refresh },
  ]);
  return (
    <div className="button-group">
      <button
        type="button"
        className="button icon"
        title="Earlier ( [ )"
        aria-label="Earlier"
        onClick={() => shift(-1)}
      >
        <Icon name="left" size={14} />
      </button>
      <Popover
        align="right"
        title={describeRangeExactly(scope.range, scope.nowMs)}
        className="button range-button"
        label={
          <>
            <Icon name="clock" size={14} />
            <span data-testid="range">{describeRange(scope.range)}</span>
            <Icon name="down" size={12} />
          </>
        }
      >
        {(close) => <RangeMenu close={close} />}
      </Popover>
      <button type="button" className="button icon" title="Later ( ] )" aria-label="Later" onClick={() => shift(1)}>
        <Icon name="right" size={14} />
      </button>
      <button type="button" className="button icon" title="Zoom out ( - )" aria-label="Zoom out" onClick={zoomOut}>
        <Icon name="zoomOut" size={14} />
      </button>
    </div>
  );
}

function RangeMenu({ close }: { readonly close: () => void }) {
  const scope = useScope();
  const [text, setText] = useState('');
  const parsed = text === '' ? undefined : parseRangeText(text, Date.now());
  const apply = (): void => {
    if (!parsed) return;
    scope.setRange(parsed);
    close();
  };
  return (
    <div className="range-menu">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <input
          className="input"
          aria-label="Time range"
          placeholder="2h, yesterday, or 10:00 to 11:30"
          // biome-ignore lint/a11y/noAutofocus: the menu was opened by the person just now
          autoFocus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      {text !== '' && !parsed ? (
        <p className="range-hint warning-text">Write a span such as 45m, or two times with “to” between them.</p>
      ) : null}
      {parsed ? <p className="range-hint muted">Enter: {describeRangeExactly(parsed, Date.now())}</p> : null}
      <div className="range-presets">
        {OFFERED.map((preset) => {
          const range = readRange(preset, Date.now())!;
          const current = rangeKey(scope.range) === preset;
          return (
            <button
              type="button"
              key={preset}
              className={current ? 'menu-item active' : 'menu-item'}
              onClick={() => {
                scope.setRange(range);
                close();
              }}
            >
              {describeRange(range)}
            </button>
          );
        })}
      </div>
      <p className="range-hint muted">
        {formatDateTime(scope.fromMs)} – {formatDateTime(scope.toMs)}
        <br />
        Dragging on any chart sets the range too.
      </p>
    </div>
  );
}
