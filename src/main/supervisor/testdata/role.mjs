// A role for the supervisor's tests: `role.mjs NAME LOG BEHAVIOUR`. Writes what happens to it into LOG.
import { appendFileSync, existsSync } from 'node:fs';

const [name, log, behaviour] = process.argv.slice(2);
const note = (what) => appendFileSync(log, `${name} ${what}\n`);

note('start');
process.on('SIGINT', () => undefined);
process.on('disconnect', () => {
  note('orphaned');
  process.exit(0);
});
if (behaviour === 'fails') {
  process.send({ type: 'failed', lines: [`${name} is broken`, '  repair it'] }, () => process.exit(1));
} else if (behaviour === 'fails-once' && !existsSync(`${log}.failed`)) {
  appendFileSync(`${log}.failed`, '');
  process.send({ type: 'ready', info: {} }, () => process.exit(3));
} else {
  process.on('message', ({ type, counts }) => {
    if (type === 'restarts') note(`restarts ${JSON.stringify(counts)}`);
    if (type !== 'stop') return;
    note(behaviour === 'stubborn' ? 'ignores stop' : 'stop');
    if (behaviour !== 'stubborn') setTimeout(() => process.exit(0), 20);
  });
  process.on('SIGHUP', () => note('reload'));
  process.send({ type: 'ready', info: { address: `of ${name}` } });
  setInterval(() => undefined, 1000);
}
