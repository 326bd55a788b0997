/** The rules and silences of the mock: one of each state. */

const at = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1000).toISOString();

export function rules(): object {
  const outcome = { health: 'ok', evaluationTime: 0.0042, lastEvaluation: at(12) };
  const alert = (service: string, state: string, secondsAgo: number, value: string): object => ({
    labels: { alertname: 'HighErrorRate', service_name: service, severity: 'page' },
    annotations: { summary: `More than 2 % of the requests to ${service} fail` },
    state,
    activeAt: at(secondsAgo),
    value,
  });
  const alerting = { type: 'alerting', duration: 0, keepFiringFor: 0, labels: {}, annotations: {}, alerts: [] };
  return {
    groups: [
      {
        name: 'hosts',
        file: '/etc/rules/hosts.yml',
        interval: 60,
        limit: 0,
        evaluationTime: 0.01,
        lastEvaluation: at(12),
        rules: [
          { type: 'recording', name: 'job:up:sum', query: 'sum by (job) (up)', labels: {}, ...outcome },
          { ...alerting, ...outcome, name: 'HostDown', query: 'up == 0', state: 'inactive', duration: 300 },
          {
            ...alerting,
            name: 'DiskFull',
            query: 'node_filesystem_avail_bytes / on (instance) node_filesystem_size_bytes < 0.1',
            state: 'unknown',
            health: 'err',
            lastError:
              'found duplicate series for the match group {instance="a"} on the right hand-side of the operation',
            evaluationTime: 0.002,
            lastEvaluation: at(12),
          },
        ],
      },
      {
        name: 'shop',
        file: '/etc/rules/shop.yml',
        interval: 30,
        limit: 0,
        evaluationTime: 0.02,
        lastEvaluation: at(12),
        rules: [
          {
            ...alerting,
            ...outcome,
            name: 'NeverLooked',
            query: 'vector(0) > 1',
            state: 'unknown',
            health: 'unknown',
            lastEvaluation: '0001-01-01T00:00:00Z',
          },
          {
            ...alerting,
            ...outcome,
            name: 'HighErrorRate',
            query:
              'sum by (service_name) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m])) / sum by (service_name) (rate(http_server_request_duration_seconds_count[5m])) > 0.02',
            state: 'firing',
            duration: 120,
            labels: { severity: 'page' },
            alerts: [alert('orders', 'pending', 70, '2.3e-02'), alert('payments', 'firing', 900, '8.125e-02')],
          },
        ],
      },
    ],
  };
}

interface MockSilence {
  readonly id: string;
  status: { state: string };
}

/** The Alertmanager of the mock. */
export class MockAlertmanager {
  readonly #silences: MockSilence[] = silences();
  readonly #posted: object[] = [];

  /** The answer to a request below /alertmanager/api/v2; undefined for one that it doesn't know. */
  answer(method: string, path: string, body: string): object | undefined {
    if (path === '/silences' && method === 'POST') {
      const id = `made-${this.#silences.length}`;
      this.#silences.unshift({ ...JSON.parse(body), id, status: { state: 'active' } });
      return { silenceID: id };
    }
    if (path === '/silences') return this.#silences;
    if (path === '/alerts' && method === 'POST') {
      this.#posted.push(...(JSON.parse(body) as object[]));
      return {};
    }
    if (path === '/alerts') {
      const made = this.#silences.filter(({ id, status }) => id.startsWith('made') && status.state === 'active');
      const known = { status: { state: 'active', silencedBy: made.map(({ id }) => id), inhibitedBy: [] } };
      return [...shownAlerts(), ...this.#posted].map((alert) => ({
        ...alert,
        ...known,
        receivers: [{ name: 'on-call' }],
      }));
    }
    const silence = this.#silences.find(({ id }) => path === `/silence/${id}`);
    if (silence === undefined || method !== 'DELETE') return undefined;
    silence.status = { state: 'expired' };
    return {};
  }
}

/** As an Alertmanager was told of it. */
function shownAlerts(): readonly object[] {
  return [{ labels: { alertname: 'HighErrorRate', service_name: 'payments', severity: 'page' } }];
}

function silences(): MockSilence[] {
  const silence = (id: string, state: string, comment: string): MockSilence & Record<string, unknown> => ({
    id,
    status: { state },
    updatedAt: at(600),
    startsAt: at(600),
    endsAt: at(-3000),
    comment,
    createdBy: 'ana',
    matchers: [
      { name: 'alertname', value: 'HostDown', isRegex: false, isEqual: true },
      { name: 'instance', value: 'a|b', isRegex: true, isEqual: true },
    ],
  });
  return [silence('one', 'active', 'They are being replaced today'), silence('two', 'expired', 'Over')];
}
