import { enableCompileCache } from 'node:module';
import { after } from '#base';
import { compileCacheFolder } from '#base/compile-cache.ts';
import { COMMAND_NAMES, COMMAND_TEXTS, type CommandName } from './command-list.ts';
import { describeFailure } from './failure.ts';
import { type Flags, ownWords, readFlags } from './flags.ts';
import { didYouMean, UsageError } from './usage.ts';
import { withRoomyYoungHeap } from './young-heap.ts';

// Whatever this process and its roles write is their user's alone: telemetry, secrets, the store's own files.
process.umask(0o077);
// Parsed code is kept between starts: all roles start in a fraction of the time.
enableCompileCache(compileCacheFolder());

/** Under `up`: its roles take all of its flags, those that mean nothing to them too. */
const isSupervised = process.send !== undefined;

/** Each command loads its own code alone, so that no process holds more than its role needs. */
const COMMANDS: Readonly<Record<CommandName, (flags: Flags, words: readonly string[]) => Promise<number>>> = {
  up: async (flags) => (await import('./commands/up.ts')).upCommand(flags),
  collector: async (flags) => (await import('./commands/collector.ts')).collectorCommand(flags, isSupervised),
  engine: async (flags) => (await import('./commands/engine.ts')).engineCommand(flags),
  server: async (flags) => (await import('./commands/server.ts')).serverCommand(flags),
  'engine-access': async (flags) => (await import('./commands/engine-access.ts')).engineAccessCommand(flags),
  store: async (flags, words) => (await import('./commands/store.ts')).storeCommand(flags, words[0]),
  validate: async (flags) => (await import('./commands/validate.ts')).validateCommand(flags),
  lint: async (flags) => (await import('./commands/lint.ts')).lintCommand(flags),
  test: async (flags, words) => (await import('./commands/test.ts')).testCommand(flags, words),
  components: async () => (await import('./commands/components.ts')).componentsCommand(),
  schema: async () => (await import('./commands/schema.ts')).schemaCommand(),
  'print-config': async (flags) => (await import('./commands/print-config.ts')).printConfigCommand(flags),
  ottl: async (flags, words) => (await import('./commands/ottl.ts')).ottlCommand(flags, words[0]),
  query: async (flags, words) => (await import('./commands/query.ts')).queryCommand(flags, words),
  promql: async (flags, words) => (await import('./commands/promql.ts')).promqlCommand(words[0], words[1], flags),
  rules: async (flags, words) => (await import('./commands/rules.ts')).rulesCommand(flags, words),
  alertmanager: async (flags, words) => (await import('./commands/alertmanager.ts')).alertmanagerCommand(flags, words),
  mcp: async (flags) => (await import('./commands/mcp.ts')).mcpCommand(flags),
  tail: async (flags, words) => (await import('./commands/tail.ts')).tailCommand(flags, words[0]),
  trace: async (flags, words) => (await import('./commands/trace.ts')).traceCommand(flags, words[0]),
  tap: async (flags, words) => (await import('./commands/tap.ts')).tapCommand(flags, words[0]),
  version: async () => (await import('./commands/help.ts')).printVersion(),
  help: () => help(),
};

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return help();
  if (first === '--version' || first === '-v') return COMMANDS.version(readFlags([], {}), []);
  const command = commandOf(first);
  if (command === 'help' && rest[0] !== undefined && !rest[0].startsWith('-')) return help(commandOf(rest[0]));
  const { words, others } = ownWords(rest, COMMAND_TEXTS[command]);
  // The file of `lint` is a configuration as any other.
  const args = command === 'lint' ? [...words.map((word) => `--config=${word}`), ...others] : others;
  const flags = readFlags(args, process.env, {
    command,
    allowed: isSupervised ? COMMAND_TEXTS.up.flags : COMMAND_TEXTS[command].flags,
    ...(words.length > 0 && { lastWord: words.at(-1) }),
  });
  return flags.help ? help(command) : COMMANDS[command](flags, words);
}

async function help(command?: CommandName): Promise<number> {
  return (await import('./commands/help.ts')).printHelp(command);
}

function commandOf(word: string): CommandName {
  const found = COMMAND_NAMES.find((name) => name === word);
  if (found !== undefined) return found;
  if (word.startsWith('-')) {
    throw new UsageError(`the command comes before the flags, got ${word}`, `for example: signalbox up ${word} …`);
  }
  throw new UsageError(
    `no such command: ${word}${didYouMean(word, COMMAND_NAMES)}`,
    'signalbox help lists all commands',
  );
}

const argv = process.argv.slice(2);
/** They write to stdout by the way; what they are for goes on when nobody reads it. */
const isRole = ['up', 'collector', 'engine', 'server'].includes(argv[0] ?? '');
// Under `up` it is started with it.
if (argv[0] === 'collector' && !isSupervised) withRoomyYoungHeap(process);

// Where the terminal or the log's reader is gone there is nobody left to tell; the data still come.
process.stderr.on('error', () => undefined);
/** A reader that has seen enough (`signalbox help | head -1`) is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (!isRole) process.exit(0);
});

/** How long a role that has ended waits for a reader of its words; a command waits as long as it takes. */
const LAST_WORDS_MS = 2000;

/** Ends the process when its output is written: a pipe takes 64 KiB, and the rest only as its reader reads. */
async function end(code: number): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
  );
  process.exitCode = code;
  if (isRole) after(LAST_WORDS_MS, () => process.exit(code));
  await Promise.all(written);
  process.exit(code);
}

main(argv).then(
  (code) => end(code),
  (error: unknown) => {
    const lines = describeFailure(error);
    process.stderr.write(`${lines.map((line) => (line.startsWith(' ') ? line : `signalbox: ${line}`)).join('\n')}\n`);
    return end(error instanceof UsageError ? 2 : 1);
  },
);
