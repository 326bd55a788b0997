/** The policies of the article's `tail_sampling`, as its file has them. */
export const ARTICLE_POLICIES: readonly object[] = [
  { name: 'errors-policy', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
  { name: 'slow-traces', type: 'latency', latency: { threshold_ms: 1000 } },
  { name: 'probabilistic-sample', type: 'probabilistic', probabilistic: { sampling_percentage: 5 } },
  {
    name: 'always-sample-payment',
    type: 'string_attribute',
    string_attribute: { key: 'service.name', values: ['payment-service'] },
  },
];
