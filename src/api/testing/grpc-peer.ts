import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { parse, type Root, type Type } from 'protobufjs';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as a client without types would
type Json = any;

/** A client of grpc-js with protobufjs' encoding: neither shares code with the server. */
export class GrpcPeer {
  readonly #client: Client;
  readonly #root: Root;
  readonly #service: string;

  /** `address`: host:port; `proto`: the text of the messages; `service`: its full name. */
  constructor(address: string, proto: string, service: string) {
    this.#client = new Client(address, credentials.createInsecure());
    this.#root = parse(proto, { keepCase: true }).root;
    this.#service = service;
  }

  /** Sends one message and gives the answers, at least one of a call that has one. Rejects with grpc-js' ServiceError. */
  call(method: string, [requestType, request]: readonly [string, object], answerType: string): Promise<Json[]> {
    const asked = this.#root.lookupType(requestType);
    const answered: Type = this.#root.lookupType(answerType);
    const options = { longs: Number, enums: String, bytes: String, defaults: false } as const;
    return new Promise((resolve, reject) => {
      const answers: Json[] = [];
      const stream = this.#client.makeServerStreamRequest(
        `/${this.#service}/${method}`,
        (message: object) => Buffer.from(asked.encode(asked.fromObject(message)).finish()),
        (bytes: Buffer) => answered.toObject(answered.decode(bytes), options) as Json,
        request,
      );
      stream.on('data', (answer: Json) => answers.push(answer));
      stream.on('error', (error: ServiceError) => reject(error));
      stream.on('end', () => resolve(answers));
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Bytes as protobufjs writes them in objects: base64. */
export function idBytes(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
