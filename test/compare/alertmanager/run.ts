import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { API_CONFIG, askAll } from './api.ts';
import { askOurs, runOurs } from './ours.ts';
import { runReal, withReal } from './real.ts';
import { SCENARIOS } from './scenarios.ts';

/**
 * The same configurations and alerts into a real Alertmanager and into ours: who is told, when, and of what. `ALERTMANAGER=PATH` names the real one
 * (`go install github.com/prometheus/alertmanager/cmd/alertmanager@latest`). With `--update` what it answered is kept for `npm test`; words
 * pick scenarios.
 */
const program = process.env['ALERTMANAGER'];
if (program === undefined) throw new Error('ALERTMANAGER must name the program');
const [words, isUpdate] = [
  process.argv.slice(2).filter((word) => word !== '--update'),
  process.argv.includes('--update'),
];
const fixtures = new URL('fixtures/scenarios.json', import.meta.url);
const kept = JSON.parse(readFileSync(fixtures, 'utf8')) as Record<string, unknown>;
const chosen = SCENARIOS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
let differing = 0;
// Side by side: they wait most of the time.
await Promise.all(
  chosen.map(async (scenario) => {
    const ours = await runOurs(scenario);
    let real = await runReal(program, scenario);
    // It runs in real time: a machine that is busy may tell somebody a second later.
    for (let tries = 1; tries < 3 && !isDeepStrictEqual(real, ours); tries++) real = await runReal(program, scenario);
    if (isUpdate) kept[scenario.name] = real;
    const isSame = isDeepStrictEqual(real, ours);
    if (!isSame) differing++;
    console.log(`${isSame ? 'same   ' : 'DIFFERS'} ${scenario.name}: ${real.length} requests`);
    if (isSame) return;
    for (let i = 0; i < Math.max(real.length, ours.length); i++) {
      if (isDeepStrictEqual(real[i], ours[i])) continue;
      console.log(`  real ${JSON.stringify(real[i])}\n  ours ${JSON.stringify(ours[i])}`);
    }
  }),
);
if (words.length === 0) {
  const [real, ours] = [await withReal(program, API_CONFIG, askAll), await askOurs()];
  if (isUpdate) writeFileSync(new URL('fixtures/api.json', import.meta.url), `${JSON.stringify(real, null, 1)}\n`);
  const others = real.filter((one, i) => !isDeepStrictEqual(one, ours[i]));
  console.log(`${others.length === 0 ? 'same   ' : 'DIFFERS'} API: ${real.length} requests`);
  for (const one of others)
    console.log(`  real ${one.request} ${one.answer}\n  ours ${ours[real.indexOf(one)]?.answer}`);
  differing += others.length;
}
if (isUpdate) writeFileSync(fixtures, `${JSON.stringify(kept, null, 1)}\n`);
process.exitCode = differing > 0 ? 1 : 0;
