import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * `npm run demo`: `signalbox up` and, once it is ready, the shop that makes traffic. At Ctrl-C the shop ends first, so that what it still
 * holds arrives, then Signalbox. A second Ctrl-C ends both at once, with exit code 130.
 */

const ROOT = join(import.meta.dirname, '..');
const SHOP_FLAGS = ['endpoint', 'rate', 'duration', 'seed'];
/** The shop closes within 2.5 s by itself. */
const SHOP_LIMIT_MS = 4000;
/** One Ctrl-C can come more than once: from the terminal, and from npm, which passes it on. */
const SAME_SIGNAL_MS = 500;

interface Arguments {
  readonly up: readonly string[];
  readonly shop: readonly string[];
}

/** The shop's own flags apart from those of `signalbox up`. Where Signalbox takes OTLP, the shop sends to. */
export function splitArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Arguments {
  const up: string[] = [];
  const shop: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/.exec(args[i]!) ?? [];
    const target = name !== undefined && SHOP_FLAGS.includes(name) ? shop : up;
    target.push(args[i]!);
    if (name !== undefined && value === undefined && args[i + 1] !== undefined) target.push(args[++i]!);
  }
  if (!shop.some((arg) => arg.startsWith('--endpoint')) && env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) {
    shop.push('--endpoint', `http://${otlpAddress(up, env)}`);
  }
  return { up, shop };
}

function otlpAddress(up: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const flag = (name: string, variable: string): string | undefined => {
    const at = up.findLastIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
    if (at < 0) return env[variable];
    return up[at]!.includes('=') ? up[at]!.slice(name.length + 3) : up[at + 1];
  };
  const listen = flag('listen', 'SIGNALBOX_LISTEN') ?? '';
  const own = flag('otlp-http-address', 'SIGNALBOX_OTLP_HTTP_ADDRESS') ?? '4318';
  const colon = own.lastIndexOf(':');
  const host = own.slice(0, Math.max(colon, 0)) || listen;
  return `${['', '0.0.0.0', '::', '[::]'].includes(host) ? '127.0.0.1' : host}:${own.slice(colon + 1)}`;
}

/** In a group of its own, so that a Ctrl-C at the terminal reaches this process alone. */
function start(script: string, args: readonly string[], stdout: 'inherit' | 'pipe'): ChildProcess {
  const stdio = ['ignore', stdout, 'inherit'] as const;
  return spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: [...stdio], detached: true });
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}

/** Resolves when the process has written `text`; what it writes is passed on. */
function passOnUntil(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => {
    let seen = '';
    child.stdout!.on('data', (data: Buffer) => {
      process.stdout.write(data);
      seen = `${seen}${data}`.slice(-1000);
      if (seen.includes(text)) resolve();
    });
  });
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; the second ends everything at once. */
function whenAsked(children: readonly (ChildProcess | undefined)[]): Promise<'asked'> {
  let askedMs: number | undefined;
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (askedMs !== undefined && performance.now() - askedMs > SAME_SIGNAL_MS) {
          for (const child of children) child?.kill('SIGKILL');
          process.exit(130);
        }
        askedMs ??= performance.now();
        resolve('asked');
      });
    }
  });
}

async function stopShop(shop: ChildProcess, end: Promise<number>): Promise<void> {
  shop.kill('SIGTERM');
  const timer = setTimeout(() => shop.kill('SIGKILL'), SHOP_LIMIT_MS);
  await end;
  clearTimeout(timer);
}

async function demo(args: Arguments): Promise<number> {
  const children: ChildProcess[] = [];
  const asked = whenAsked(children);
  const up = start('src/main/cli.ts', ['up', ...args.up], 'pipe');
  children.push(up);
  const upEnd = ended(up);
  const first = await Promise.race([passOnUntil(up, 'is ready'), asked, upEnd]);
  if (typeof first === 'number') return first;
  let shopCode = 0;
  if (first === undefined) {
    const shop = start('examples/demo/main.ts', args.shop, 'inherit');
    children.push(shop);
    const shopEnd = ended(shop);
    const event = await Promise.race([asked, upEnd, shopEnd]);
    if (event !== 'asked') shopCode = event;
    await stopShop(shop, shopEnd);
  }
  up.kill('SIGTERM');
  return (await upEnd) || shopCode;
}

if (import.meta.main) {
  process.exitCode = await demo(splitArguments(process.argv.slice(2), process.env));
  process.exit();
}
