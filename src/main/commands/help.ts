import { COMMAND_NAMES, COMMAND_TEXTS, type CommandName } from '../command-list.ts';
import { FLAGS, type FlagName } from '../flags.ts';
import { signalboxVersion } from '../version.ts';

const EXIT_CODES = 'Exit code: 0 done, 1 it failed, 2 the command line is wrong.';

/** What is printed for `signalbox help` and `signalbox COMMAND --help`. */
function helpText(command?: CommandName): string {
  const lines = command === undefined ? overview() : helpOf(command);
  return `${[...lines, EXIT_CODES].join('\n')}\n`;
}

function overview(): string[] {
  return [
    'signalbox COMMAND [FLAGS]',
    '',
    ...COMMAND_NAMES.map((name) => `  ${name.padEnd(14)}${COMMAND_TEXTS[name].summary}`),
    '',
    ...(Object.keys(FLAGS) as FlagName[]).map(flagLine),
    '',
    'signalbox COMMAND --help says which flags a command takes.',
    'Every flag can be given as the environment variable in brackets; the flag wins.',
  ];
}

function helpOf(command: CommandName): string[] {
  const { summary, details, flags } = COMMAND_TEXTS[command];
  return [
    `signalbox ${command}${command === 'help' ? ' [COMMAND]' : flags.length > 0 ? ' [FLAGS]' : ''}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...details,
    '',
    ...[...flags, 'help' as const].map(flagLine),
    '',
    ...(flags.length > 0 ? ['Every flag can be given as the environment variable in brackets; the flag wins.'] : []),
  ];
}

function flagLine(name: FlagName): string {
  const { argument, env, help, short } = FLAGS[name];
  const left = `  --${name}${argument === undefined ? '' : ` ${argument}`}${short === undefined ? '' : `, -${short}`}`;
  return `${left.padEnd(33)}${help}${env === '' ? '' : ` [${env}]`}`;
}

export function printHelp(command?: CommandName): number {
  process.stdout.write(helpText(command));
  return 0;
}

export function printVersion(): number {
  process.stdout.write(`signalbox version ${signalboxVersion()}\n`);
  return 0;
}
