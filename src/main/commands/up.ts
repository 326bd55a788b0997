import { flushCompileCache } from 'node:module';
import { relative } from 'node:path';
import { compileCacheFolder } from '#base/compile-cache.ts';
import { folderError, makeFolder } from '#base/folder.ts';
import { type Addresses, addressesIn } from '../addresses.ts';
import { DATA_FOLDER, keepPrivate } from '../data-folder.ts';
import { descriptorWarning } from '../descriptor-limit.ts';
import type { Flags } from '../flags.ts';
import { MemoryKeeper, ownProcess } from '../memory-keeper.ts';
import { keepPiped } from '../piped-config.ts';
import { FailureReport, surviveCallbacks, surviveTimersAndRejections } from '../report-failures.ts';
import { sectionOf } from '../section.ts';
import { whenAskedToStop } from '../stop-signals.ts';
import { storesAnything } from '../store-everything.ts';
import { RoleFailure } from '../supervisor/child.ts';
import { type RoleInfo, Supervisor } from '../supervisor/supervisor.ts';
import { signalboxVersion } from '../version.ts';
import { ROOMY_YOUNG_HEAP } from '../young-heap.ts';

/** Threads for the engine's queries and files; Node reads it once at its start (src/engine/limits.ts has the arithmetic). */
const ENGINE_THREADS = '14';

/** Short-lived objects get less room where little JavaScript runs: some 25 MB less per process. */
const SMALL_HEAP = ['--max-semi-space-size=4'];
/** The server answers, and takes what is written to it remotely: with 4 MB a quarter of the CPU of that is collecting garbage. */
const SERVER_HEAP = ['--max-semi-space-size=16'];

/** `signalbox up`: engine, server and collector as processes of their own, watched by this small one. */
export async function upCommand(given: Flags): Promise<number> {
  const flags = await keepPiped(given);
  const root = await sectionOf(flags);
  const addresses = addressesIn(root, flags);
  const say = (line: string): void => void process.stderr.write(`signalbox: ${line}\n`);
  prepareFolder(addresses.dataDir, say);
  const report = new FailureReport((line) => void process.stderr.write(`${line}\n`));
  surviveTimersAndRejections(report);
  const warning = descriptorWarning();
  if (warning !== undefined) say(warning);
  if (root !== undefined && flags.config.length > 0 && !flags.store && !storesAnything(root)) {
    say(
      'no pipeline has the exporter signalbox, so the store and the console get nothing of it; --store adds it to all',
    );
  }
  const args = [...flags.args];
  const supervisor = new Supervisor({
    roles: [
      { role: 'collector', args, execArgv: [ROOMY_YOUNG_HEAP] },
      { role: 'server', args, execArgv: SERVER_HEAP },
      ...(addresses.isStoreExternal
        ? []
        : [{ role: 'engine', args, execArgv: SMALL_HEAP, env: { UV_THREADPOOL_SIZE: ENGINE_THREADS } }]),
    ],
    // With it from their first line on, the roles never load the parts of Node that read TypeScript: 15 MB less each.
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() },
    say,
  });
  const stopAsked = whenAskedToStop({
    process,
    nowMs: () => performance.now(),
    endAtOnce: () => {
      supervisor.kill();
      process.exit(130);
    },
  });
  process.on('SIGHUP', () => {
    for (const role of ['collector', 'server']) supervisor.signal(role, 'SIGHUP');
  });
  process.on('exit', () => supervisor.kill());
  let info: RoleInfo;
  try {
    const started = await Promise.race([supervisor.start(), stopAsked]);
    if (started === undefined) {
      await supervisor.stop();
      return 0;
    }
    info = started;
  } catch (error) {
    if (!(error instanceof RoleFailure)) throw error;
    process.stderr.write(
      `${error.lines.map((line) => (line.startsWith(' ') ? line : `signalbox: ${line}`)).join('\n')}\n`,
    );
    return 1;
  }
  process.stdout.write(`${readyLines(info, addresses).join('\n')}\n`);
  flushCompileCache();
  surviveCallbacks(report);
  new MemoryKeeper(ownProcess).start();
  await stopAsked;
  await supervisor.stop();
  return 0;
}

/** Where to send data and where to look: five lines at most. */
function readyLines(info: RoleInfo, addresses: Addresses): string[] {
  const { grpc, http } = info.get('collector') ?? {};
  const takes = [grpc && `OTLP/gRPC ${shown(grpc)}`, http && `OTLP/HTTP http://${shown(http)}`].filter(Boolean);
  const folder = relative(process.cwd(), addresses.dataDir);
  const data = folder.startsWith('..') ? addresses.dataDir : `./${folder}`;
  return [
    `Signalbox ${signalboxVersion()} is ready. Stop it with Ctrl-C.`,
    `  send data   ${takes.length > 0 ? takes.join(', ') : 'to the receivers of your configuration'}`,
    `  look at it  ${shown(info.get('server')?.url ?? '')}`,
    `  kept in     ${addresses.isStoreExternal ? addresses.storeUrl : data}`,
  ];
}

function shown(address: string): string {
  return address.replace('127.0.0.1', 'localhost').replace('0.0.0.0', 'localhost');
}

function prepareFolder(dataDir: string, say: (line: string) => void): void {
  try {
    makeFolder(dataDir);
    keepPrivate(dataDir, say);
  } catch (error) {
    throw folderError(dataDir, DATA_FOLDER, error);
  }
}
