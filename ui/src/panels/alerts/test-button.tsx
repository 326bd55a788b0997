/** Sends a test notification, which goes the way of any other, and says to whom it goes. */
import { useState } from 'react';
import { askKnownAlerts, sendTestAlert } from '../../lib/alerting/silencing.ts';
import { visibleText } from '../../lib/foreign-text.ts';
import { Popover } from '../../widgets/popover.tsx';

export function TestButton() {
  const [said, setSaid] = useState<string>();
  const [labels, setLabels] = useState('severity=page');
  const send = async (): Promise<void> => {
    setSaid('sending…');
    try {
      const own = Object.fromEntries(
        labels.split(/[\s,]+/).flatMap((pair) => {
          const at = pair.indexOf('=');
          return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
        }),
      );
      await sendTestAlert(own);
      const known = (await askKnownAlerts(AbortSignal.timeout(10_000))) ?? [];
      const sent = known.find((alert) => alert.labels.alertname === 'TestNotification');
      const names = (sent?.receivers ?? []).map(({ name }) => name).join(', ');
      setSaid(names === '' ? 'taken, but no receiver is told of it' : `taken: goes to ${names} after the group's wait`);
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  return (
    <Popover
      title="Send a test notification"
      label={
        <>
          Test<span className="alert-test-word"> notification</span>
        </>
      }
      align="right"
    >
      {() => (
        <div className="alert-test">
          <label>
            <span className="muted">Labels, which choose the route</span>
            <input className="input" value={labels} onChange={(event) => setLabels(event.target.value)} />
          </label>
          <button type="button" className="button primary" onClick={() => void send()}>
            Send TestNotification
          </button>
          <p className="muted" role="status">
            {said === undefined ? 'It resolves by itself after a minute.' : visibleText(said)}
          </p>
        </div>
      )}
    </Popover>
  );
}
