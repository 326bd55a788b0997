import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

export interface ProcessSettings {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where standard output and error go. */
  readonly logFile: string;
  /** The start is over once all these loopback ports answer. */
  readonly ports: readonly number[];
}

/** The processes of one test run; they are stopped in the opposite order of their start. */
export class Processes {
  readonly #running: { name: string; child: ChildProcess }[] = [];

  /** @throws Error when the process ends, or its port does not answer in time. */
  async start(settings: ProcessSettings): Promise<void> {
    const { name, command, args, directory, environment, logFile, ports } = settings;
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(logFile);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#running.push({ name, child });

    const ended = new Promise<never>((_, reject) => {
      child.once('error', (error) => reject(new Error(`${name}: ${error.message}`)));
      child.once('exit', (code, signal) => reject(new Error(`${name}: ended with ${code ?? signal}; see ${logFile}`)));
    });
    ended.catch(() => {});
    await Promise.race([ended, Promise.all(ports.map((port) => untilPortAnswers(name, port)))]);
  }

  /** SIGTERM to one after the other, the last started first, so that each can still send to those before it. */
  async stopAll(): Promise<void> {
    for (const { child } of this.#running.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(limit);
    }
    this.#running.length = 0;
  }
}

async function untilPortAnswers(name: string, port: number): Promise<void> {
  const deadlineMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadlineMs) {
    if (await answers(port)) return;
    await wait(100);
  }
  throw new Error(`${name}: nothing answers on port ${port} after ${START_LIMIT_MS / 1000} s`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
  });
}
