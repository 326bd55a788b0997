/** Where nothing was asked yet: questions to begin with, on the names that OpenTelemetry's instrumentation gives. */

const EXAMPLES: readonly (readonly [question: string, expression: string])[] = [
  [
    'Requests per second of each service',
    'sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))',
  ],
  [
    '95th percentile of each route',
    'histogram_quantile(0.95, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket[5m])))',
  ],
  [
    'Share of failed requests',
    'sum by (service_name) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m]))\n/\nsum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))',
  ],
  ['Services that report, and what they run on', 'count by (job, os_type) (target_info)'],
];

export function PromqlStart({ onChoose }: { readonly onChoose: (text: string) => void }) {
  return (
    <div className="section promql-start">
      <h3>Begin with a question</h3>
      <ul>
        {EXAMPLES.map(([question, expression]) => (
          <li key={question}>
            <button type="button" className="promql-example" onClick={() => onChoose(expression)}>
              <span>{question}</span>
              <code>{expression}</code>
            </button>
          </li>
        ))}
      </ul>
      <p className="muted">
        Names, labels and values are completed as you type. <kbd>Enter</kbd> runs, <kbd>Shift Enter</kbd> begins a line,{' '}
        <kbd>Esc</kbd> closes the completion. The builder writes PromQL too: choose a metric there, then “Edit as
        PromQL”.
      </p>
    </div>
  );
}
