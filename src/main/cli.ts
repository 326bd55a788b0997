import { enableCompileCache } from 'node:module';
import { describeFailure } from './failure.ts';
import { type Flags, readFlags } from './flags.ts';

// Parsed code is kept between starts: all roles start in a fraction of the time.
enableCompileCache();

/** Each command loads its own code alone, so that no process holds more than its role needs. */
const COMMANDS: Readonly<Record<string, (flags: Flags) => Promise<number>>> = {
  up: async (flags) => (await import('./commands/up.ts')).upCommand(flags),
  collector: async (flags) =>
    (await import('./commands/collector.ts')).collectorCommand(flags, process.send !== undefined),
  engine: async (flags) => (await import('./commands/engine.ts')).engineCommand(flags),
  server: async (flags) => (await import('./commands/server.ts')).serverCommand(flags),
  validate: async (flags) => (await import('./commands/validate.ts')).validateCommand(flags),
  components: async () => (await import('./commands/components.ts')).componentsCommand(),
  'print-config': async (flags) => (await import('./commands/print-config.ts')).printConfigCommand(flags),
  version: async () => (await import('./commands/help.ts')).versionCommand(),
  help: async () => (await import('./commands/help.ts')).helpCommand(),
};

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return COMMANDS.help!(readFlags([], {}));
  if (first === '--version' || first === '-v') return COMMANDS.version!(readFlags([], {}));
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command === undefined) {
    process.stderr.write(`signalbox: no such command: ${first}\n  signalbox help lists all commands\n`);
    return 2;
  }
  const flags = readFlags(rest, process.env);
  return flags.help ? COMMANDS.help!(flags) : command(flags);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const lines = describeFailure(error);
    process.stderr.write(`${lines.map((line) => (line.startsWith(' ') ? line : `signalbox: ${line}`)).join('\n')}\n`);
    process.exit(1);
  },
);
