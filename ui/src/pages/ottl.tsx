/** A playground for OTTL: statements, a sample, and what becomes of it. */
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { OttlQuestion, OttlResponse, OttlWordsResponse } from '#api/types.ts';
import { ApiFailure } from '../lib/api.ts';
import { visibleText } from '../lib/foreign-text.ts';
import { plural } from '../lib/format.ts';
import { headOf, OUTCOMES } from '../lib/item-fields.ts';
import { useLinks } from '../lib/links.ts';
import { forgetSample, keptSample, suggest, type TappedSample, tryStatements } from '../lib/ottl.ts';
import { usePageSearch } from '../lib/page-search.ts';
import { useApi } from '../lib/scope.tsx';
import { Crumb } from '../widgets/crumb.tsx';
import { ItemFields } from '../widgets/item-fields.tsx';
import { PageTitle } from '../widgets/page-title.tsx';
import { To } from '../widgets/to.tsx';

const CONTEXTS = ['span', 'spanevent', 'log', 'metric', 'datapoint', 'exemplar', 'scope', 'resource'];
const FIRST =
  'set(span.attributes["team"], "shop") where span.kind == SPAN_KIND_SERVER\nreplace_pattern(span.attributes["url.full"], "token=[^&]+", "token=***")\n';
/** Typing goes on for so long before the server is asked. */
const PAUSE_MS = 250;

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const resource = { attributes: [text('service.name', 'shop')] };
/** Samples to begin with. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  Span: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: [
              {
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                name: 'GET /cart',
                kind: 2,
                startTimeUnixNano: '1700000000000000000',
                endTimeUnixNano: '1700000000042000000',
                status: { code: 1 },
                attributes: [
                  text('http.route', '/cart'),
                  text('url.full', 'https://shop.example/cart?token=s3cret&n=1'),
                  { key: 'http.response.status_code', value: { intValue: '200' } },
                ],
              },
            ],
          },
        ],
      },
    ],
  },
  Log: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: '1700000000000000000',
                severityNumber: 17,
                severityText: 'ERROR',
                body: { stringValue: 'payment of order 17 refused: card 4111111111111111' },
                attributes: [text('exception.type', 'CardRefused')],
              },
            ],
          },
        ],
      },
    ],
  },
  Metric: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'http.server.requests',
                unit: '{request}',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [
                    { timeUnixNano: '1700000000000000000', asInt: '42', attributes: [text('http.route', '/cart')] },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  },
};
const printed = (name: string): string => JSON.stringify(SAMPLES[name], undefined, 2);

interface Trial {
  readonly answer: OttlResponse | undefined;
  readonly error: ApiFailure | undefined;
}

/** Asks a moment after the last change; what is on the screen stays until the answer is there. */
function useTrial(question: OttlQuestion): Trial {
  const [trial, setTrial] = useState<Trial>({ answer: undefined, error: undefined });
  useEffect(() => {
    const controller = new AbortController();
    const timer = window.setTimeout(() => {
      tryStatements(question, controller.signal).then(
        (answer) => setTrial({ answer, error: undefined }),
        (error: unknown) => {
          if (controller.signal.aborted) return;
          const failure =
            error instanceof ApiFailure ? error : new ApiFailure({ code: 'internal', message: String(error) }, 0);
          setTrial((previous) => ({ ...previous, error: failure }));
        },
      );
    }, PAUSE_MS);
    return () => {
      window.clearTimeout(timer);
      controller.abort();
    };
  }, [question]);
  return trial;
}

export function OttlPage() {
  const { search, update } = usePageSearch();
  const links = useLinks();
  const [statements, setStatements] = useState(search.q ?? FIRST);
  const [tapped, setTapped] = useState(keptSample);
  const [sample, setSample] = useState(() => printed('Span'));
  const { context } = search;
  const question = useMemo<OttlQuestion>(
    () => ({
      statements,
      input: tapped === undefined ? sample : { signal: tapped.signal, fields: tapped.fields },
      ...(context !== undefined && { context }),
    }),
    [statements, sample, tapped, context],
  );
  const { answer, error } = useTrial(question);
  return (
    <>
      <PageTitle title="OTTL playground" above={<Crumb target={links.system()} label="System" />} />
      <div className="ottl-page">
        <div className="ottl-inputs">
          <div className="ottl-head">
            <h2>Statements</h2>
            <span className="muted">one a line, going on in indented lines</span>
            <label className="ottl-context">
              <span className="muted">runs on</span>
              <select
                value={context ?? ''}
                onChange={(event) => update({ context: event.target.value || undefined }, true)}
              >
                <option value="">
                  what the paths say{answer && context === undefined ? `: ${answer.context}` : ''}
                </option>
                {CONTEXTS.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <Statements
            value={statements}
            context={context ?? answer?.context ?? 'span'}
            error={error}
            onChange={setStatements}
            onDone={() => update({ q: statements === FIRST ? undefined : statements }, true)}
          />
          <SampleInput
            sample={sample}
            tapped={tapped}
            onChange={(next) => {
              forgetSample();
              setTapped(undefined);
              setSample(next);
            }}
          />
        </div>
        <Result answer={answer} isOld={error !== undefined} />
      </div>
    </>
  );
}

interface StatementsProps {
  readonly value: string;
  readonly context: string;
  readonly error: ApiFailure | undefined;
  readonly onChange: (value: string) => void;
  /** The field is left: what stands there may go into the address. */
  readonly onDone: () => void;
}

function Statements({ value, context, error, onChange, onDone }: StatementsProps) {
  const words = useApi<OttlWordsResponse>('/ottl/words', { context });
  const [cursor, setCursor] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const backdrop = useRef<HTMLDivElement>(null);
  const errorId = useId();
  const { start, suggestions } = useMemo(() => suggest(value, cursor, words.data), [value, cursor, words.data]);
  const isPlaced = error?.start !== undefined && error.query === value;
  const take = (chosen: string): void => {
    const next = value.slice(0, start) + chosen + value.slice(cursor);
    const at = start + chosen.length;
    // At once: what is typed next stands behind it.
    flushSync(() => {
      onChange(next);
      setCursor(at);
    });
    area.current?.focus();
    area.current?.setSelectionRange(at, at);
  };
  return (
    <div className={error ? 'ottl-field invalid' : 'ottl-field'}>
      <div className="ottl-lines">
        <div className="ottl-backdrop mono" ref={backdrop} aria-hidden="true">
          {isPlaced ? <Marked text={value} start={error.start!} end={error.end ?? error.start! + 1} /> : value}
          {'\n'}
        </div>
        <textarea
          ref={area}
          className="ottl-area mono"
          aria-label="Statements"
          aria-invalid={error !== undefined}
          aria-describedby={errorId}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          value={value}
          rows={7}
          onChange={(event) => {
            onChange(event.target.value);
            setCursor(event.target.selectionStart);
            setOpen(true);
          }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
          onScroll={(event) => {
            if (backdrop.current) backdrop.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onBlur={() => {
            setOpen(false);
            onDone();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Tab' && isOpen && suggestions[0] !== undefined) {
              event.preventDefault();
              take(suggestions[0].text);
            } else if (event.key === 'Escape' && isOpen) {
              setOpen(false);
              event.stopPropagation();
            }
          }}
        />
      </div>
      {isOpen && suggestions.length > 0 ? (
        <div className="ottl-suggestions" role="listbox" aria-label="What the word can become">
          {suggestions.map((one, index) => (
            <button
              type="button"
              role="option"
              aria-selected={index === 0}
              key={`${one.note}:${one.text}`}
              className="ottl-suggestion mono"
              title={one.note}
              // The field must keep the focus, or it would close the list before the click.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(one.text)}
            >
              {one.note === 'path' || one.note === 'enum' ? one.text : one.note}
              {index === 0 ? <kbd>Tab</kbd> : null}
            </button>
          ))}
        </div>
      ) : null}
      <div id={errorId} className="ottl-error error-text" role="status">
        {error ? (
          <>
            {isPlaced ? `${placeText(value, error.start!)}: ` : ''}
            {visibleText(error.message)}
            {error.hint ? <span className="muted"> {visibleText(error.hint)}</span> : null}
          </>
        ) : null}
      </div>
    </div>
  );
}

/** The text with a wavy line under a range of it. */
function Marked({ text: whole, start, end }: { readonly text: string; readonly start: number; readonly end: number }) {
  const to = Math.max(end, start + 1);
  return (
    <>
      {whole.slice(0, start)}
      <span className="q-error">{whole.slice(start, to) || ' '}</span>
      {whole.slice(to)}
    </>
  );
}

function placeText(value: string, offset: number): string {
  const before = value.slice(0, offset).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

interface SampleInputProps {
  readonly sample: string;
  readonly tapped: TappedSample | undefined;
  readonly onChange: (sample: string) => void;
}

function SampleInput({ sample, tapped, onChange }: SampleInputProps) {
  const links = useLinks();
  return (
    <>
      <div className="ottl-head">
        <h2>Sample</h2>
        <span className="muted">{tapped === undefined ? 'OTLP/JSON' : 'an item of a live tap'}</span>
        <span className="ottl-samples">
          {Object.keys(SAMPLES).map((name) => (
            <button type="button" key={name} className="button" onClick={() => onChange(printed(name))}>
              {name}
            </button>
          ))}
          <To target={links.tap()} className="button" title="Take an item that passes the collector now">
            From a live tap
          </To>
        </span>
      </div>
      {tapped === undefined ? (
        <textarea
          className="ottl-sample mono"
          aria-label="Sample"
          spellCheck={false}
          value={sample}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <div className="ottl-tapped">
          <p>
            <strong>{visibleText(headOf(tapped.fields))}</strong>{' '}
            <span className="muted">
              as it left {visibleText(tapped.at)}; what is masked there is not in it. Choose another sample to go back
              to OTLP/JSON.
            </span>
          </p>
        </div>
      )}
    </>
  );
}

function Result({ answer, isOld }: { readonly answer: OttlResponse | undefined; readonly isOld: boolean }) {
  if (answer === undefined) {
    return (
      <section className="ottl-result" aria-label="Result">
        {isOld ? (
          <p className="muted tap-none">What becomes of the sample is shown here when nothing is wrong any more.</p>
        ) : null}
      </section>
    );
  }
  const { items, itemCount, failures, failedCount, context } = answer;
  const changed = items.filter(({ outcome }) => outcome !== 'passed').length;
  return (
    <section className={isOld ? 'ottl-result stale' : 'ottl-result'} aria-label="Result">
      <div className="ottl-head">
        <h2>Result</h2>
        <span className="muted">
          {isOld ? 'of the last statements without a mistake; ' : ''}
          {changed} of {plural(itemCount, 'item')} changed, {context} by {context}
          {items.length < itemCount ? `; the first ${items.length} are shown` : ''}
        </span>
      </div>
      {failedCount > 0 ? (
        <p className="warning-text ottl-failures">
          Failed {plural(failedCount, 'time')}: {failures.map(visibleText).join('; ')}
        </p>
      ) : null}
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item is told from others by its place alone
        <article key={index} className="ottl-item">
          <h3>
            <span className={`tap-outcome is-${item.outcome}`}>
              {OUTCOMES[item.outcome].mark} {OUTCOMES[item.outcome].word}
            </span>{' '}
            {visibleText(headOf(item.fields))}
          </h3>
          <ItemFields fields={item.fields} />
        </article>
      ))}
    </section>
  );
}
