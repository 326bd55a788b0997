import { TextAnswer } from '../http/answers.ts';
import type { ApiFailure } from '../http/errors.ts';

/** What APIs answer in plain text: Prometheus to whoever writes, or reads as another Prometheus does; Loki to whoever pushes. */
export function plain(status: number, message: string, headers: Readonly<Record<string, string>> = {}): TextAnswer {
  return new TextAnswer('text/plain; charset=utf-8', `${message}\n`, { status, headers });
}

export const RETRY = { 'retry-after': '1' } as const;

export function plainFailure({ status, message }: ApiFailure): TextAnswer {
  return plain(status, message, status === 503 ? RETRY : {});
}
