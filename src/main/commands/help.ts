import { FLAGS } from '../flags.ts';
import { signalboxVersion } from '../version.ts';

const COMMANDS: readonly (readonly [string, string])[] = [
  ['up', 'everything: collector, store, query APIs and console'],
  ['collector', 'the collector alone, from an OpenTelemetry Collector configuration (--config)'],
  ['engine', 'the embedded store alone'],
  ['server', 'query APIs and console alone'],
  ['validate', 'checks a configuration and reports every mistake; opens nothing'],
  ['components', 'lists the components with their stability'],
  ['print-config', 'prints the configuration after merging and expansion; secrets are hidden'],
  ['version', 'prints the version'],
  ['help', 'this text'],
];

export function helpCommand(): Promise<number> {
  const lines = ['signalbox COMMAND [FLAGS]', '', ...COMMANDS.map(([name, help]) => `  ${name.padEnd(14)}${help}`), ''];
  for (const [name, flag] of Object.entries(FLAGS)) {
    const left = `  --${name}${flag.argument === undefined ? '' : ` ${flag.argument}`}`;
    lines.push(`${left.padEnd(33)}${flag.help}${flag.env === '' ? '' : ` [${flag.env}]`}`);
  }
  lines.push('', 'Every flag can be given as the environment variable in brackets; the flag wins.');
  process.stdout.write(`${lines.join('\n')}\n`);
  return Promise.resolve(0);
}

export function versionCommand(): Promise<number> {
  process.stdout.write(`signalbox version ${signalboxVersion()}\n`);
  return Promise.resolve(0);
}
