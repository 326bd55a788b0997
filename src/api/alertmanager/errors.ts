import { goJson, type Notifier } from '#alerting/notify';
import { JSON_TYPE, TextAnswer } from '../http/answers.ts';
import { AnswerError, type ApiFailure } from '../http/errors.ts';
import type { ApiNeeds, ApiRequest } from '../http/plugin.ts';

/** A mistake that the API's description tells already, as go-openapi says it: 601 is a wrong type, 602 something missing. */
export class SchemaError extends AnswerError {
  readonly schemaCode: number;
  constructor(schemaCode: number, message: string) {
    super(schemaCode === 400 ? 400 : 422, `schema_${schemaCode}`, message);
    this.schemaCode = schemaCode;
  }
}

/** A text in JSON; where the API's description finds the mistake, an object with a code. */
export function alertmanagerFailure({ status, code, message }: ApiFailure): TextAnswer {
  const schemaCode = /^schema_(\d+)$/.exec(code)?.[1];
  const text = schemaCode === undefined ? `${goJson(message)}\n` : goJson({ code: Number(schemaCode), message });
  return new TextAnswer(JSON_TYPE, text, { status });
}

/** JSON as Alertmanager writes it. */
export function jsonAnswer(body: unknown): TextAnswer {
  return new TextAnswer(JSON_TYPE, `${goJson(body)}\n`);
}

/** An answer that says all by its status. */
export function emptyAnswer(status: 200 | 404): TextAnswer {
  return new TextAnswer(JSON_TYPE, '', { status });
}

/** The notifier of the request's tenant. Those with a name have none. */
export function notifierFor({ notifier }: ApiNeeds, { reader }: ApiRequest): Notifier {
  if (notifier !== undefined && reader.tenant === '') return notifier;
  const why = notifier === undefined ? 'this server tells nobody of alerts' : 'this tenant has no Alertmanager';
  throw new AnswerError(404, 'not_found', why);
}
