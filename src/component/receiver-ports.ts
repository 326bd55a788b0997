import type { AdmissionConfig } from '#config';
import { ByteBudget } from '#net';
import type { Host } from './contracts.ts';
import type { GrpcIntake } from './grpc-intake.ts';
import type { HttpIntake } from './http-intake.ts';

type Ports = Readonly<Record<string, HttpIntake | GrpcIntake | undefined>>;

/** The ports of a receiver, by name, and what they share: through start, reloads and stop. */
export class ReceiverPorts {
  readonly #admission: AdmissionConfig;
  readonly #ports: Ports;
  #budget: ByteBudget;
  /** In a reload, until it has started: the one before, whose servers and addresses it takes. */
  #predecessor: ReceiverPorts | undefined;
  /** In a reload, from its announcement on. */
  #isHandingOver = false;
  #successor: ReceiverPorts | undefined;

  constructor(admission: AdmissionConfig, ports: Ports) {
    this.#admission = admission;
    this.#ports = ports;
    this.#budget = new ByteBudget(admission.requestLimitBytes);
  }

  /** Bytes of requests that are in memory now, of all ports together. */
  get inFlightBytes(): number {
    return this.#budget.usedBytes;
  }

  private port(name: string): HttpIntake | GrpcIntake | undefined {
    return this.#ports[name];
  }

  async start(host: Host): Promise<void> {
    const before = this.#predecessor;
    this.#predecessor = undefined;
    // What the requests of before hold counts until they are done.
    if (before !== undefined && before.#admission.requestLimitBytes === this.#admission.requestLimitBytes) {
      this.#budget = before.#budget;
    }
    try {
      for (const [name, port] of Object.entries(this.#ports)) {
        await port?.start({ host, budget: this.#budget, before: before?.port(name) });
      }
    } catch (error) {
      await this.shutdown(0);
      throw error;
    }
  }

  /** For a receiver's `handOver`. */
  handOver(successor: ReceiverPorts | undefined): () => void {
    this.#isHandingOver = true;
    this.#successor = successor;
    if (successor !== undefined) successor.#predecessor = this;
    return () => {
      for (const port of Object.values(this.#ports)) port?.closeRest();
    };
  }

  async shutdown(deadlineMs: number): Promise<void> {
    const all = Object.entries(this.#ports);
    if (!this.#isHandingOver) {
      await Promise.all(all.map(([, port]) => port?.shutdown(deadlineMs)));
      return;
    }
    const next = (name: string): HttpIntake | GrpcIntake | undefined => this.#successor?.port(name);
    await Promise.all(all.map(([name, port]) => port?.handOver(next(name)?.options.config, deadlineMs)));
  }
}
