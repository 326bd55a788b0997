import { type Counter, type Histogram, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { PaymentMethod, Provider, Region } from '../catalogue.ts';
import type { Incident } from '../incident.ts';
import { Cache } from '../lib/cache.ts';
import { Database } from '../lib/database.ts';
import { CardDeclinedError, HttpError, ProviderTimeoutError, ProviderUnavailableError } from '../lib/errors.ts';
import { sleep } from '../lib/sleep.ts';
import { inSpan } from '../lib/telemetry.ts';
import { type Instance, type RunningService, startHttpService } from './service.ts';

interface Charge {
  readonly orderId: string;
  readonly amount: number;
  readonly region: Region;
  readonly provider: Provider;
  readonly method: PaymentMethod;
}

const PROVIDER_TIMEOUT_MS = 3_000;
const ATTEMPTS = 2;
/** Usual answer time of each provider. */
const PROVIDER_MEDIAN_MS: Readonly<Record<Provider, number>> = { northpay: 95, cardwell: 130, paylane: 210 };

export function startPayments(instance: Instance, incident: Incident): Promise<RunningService> {
  const till = new Till(instance, incident);
  return startHttpService(instance, [
    { method: 'POST', route: '/charges', handle: (call) => till.charge(call.body as Charge) },
    { method: 'POST', route: '/refunds', handle: (call) => till.refund(String(call.body.orderId)) },
  ]);
}

/** Takes and gives back money through the providers. */
class Till {
  readonly #instance: Instance;
  readonly #incident: Incident;
  readonly #database: Database;
  readonly #tokens: Cache<string>;
  readonly #duration: Histogram;
  readonly #attempts: Counter;

  constructor(instance: Instance, incident: Incident) {
    const { telemetry, random } = instance;
    this.#instance = instance;
    this.#incident = incident;
    this.#database = new Database('payments', telemetry, random);
    this.#tokens = new Cache('provider-token', 20, telemetry, random);
    this.#duration = telemetry.meter.createHistogram('payment.processing.duration', {
      description: 'Payment gateway latency',
      unit: 'ms',
      advice: { explicitBucketBoundaries: [25, 50, 100, 200, 400, 800, 1600, 3200, 6400] },
    });
    this.#attempts = telemetry.meter.createCounter('payment.attempts', {
      description: 'Calls to payment providers by outcome',
      unit: '{attempt}',
    });
  }

  async charge(charge: Charge): Promise<unknown> {
    const { telemetry } = this.#instance;
    const attributes = {
      'order.id': charge.orderId,
      'payment.method': charge.method,
      'payment.provider': charge.provider,
      'payment.amount': charge.amount,
      'payment.currency': 'USD',
      region: charge.region,
    };
    return telemetry.span('payment.charge', attributes, async (span) => {
      await this.#checkFraud(charge);
      await this.#tokens.read(charge.provider, async () => `token of ${charge.provider}`);
      const text = 'INSERT INTO charges (order_id, provider, amount) VALUES ($1, $2, $3)';
      await this.#database.run({ operation: 'INSERT', table: 'charges', text, medianMs: 5 });
      const startMs = Date.now();
      await this.#askProvider(charge, span).finally(() => {
        const { method, provider, region } = charge;
        this.#duration.record(Date.now() - startMs, { method, provider, region });
      });
      span.setAttribute('payment.status', 'captured');
      telemetry.log.info(`charged ${charge.amount} USD for ${charge.orderId}`, attributes);
      return { status: 'captured' };
    });
  }

  async refund(orderId: string): Promise<unknown> {
    const text = "UPDATE charges SET status = 'refunded' WHERE order_id = $1";
    await this.#database.run({ operation: 'UPDATE', table: 'charges', text, medianMs: 6 });
    this.#instance.telemetry.log.info(`refunded ${orderId}`, { 'order.id': orderId });
    return { status: 'refunded' };
  }

  async #checkFraud(charge: Charge): Promise<void> {
    const { telemetry, random } = this.#instance;
    const score = random.next() ** 4;
    const attributes = {
      'fraud.score': score,
      'fraud.rules': ['velocity', 'country', 'amount'],
      'fraud.flagged': score > 0.9,
    };
    await telemetry.span('check_fraud', attributes, async () => {
      await sleep(random.latencyMs(6));
      telemetry.log.debug(`fraud score ${score.toFixed(3)}`, { 'order.id': charge.orderId, 'fraud.score': score });
      if (score > 0.9) telemetry.log.warn('unusual payment let through', { ...attributes, 'order.id': charge.orderId });
    });
  }

  async #askProvider(charge: Charge, span: Span): Promise<void> {
    const { telemetry, random } = this.#instance;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#callProvider(charge, attempt);
        break;
      } catch (error) {
        telemetry.log.warn(
          `${charge.provider} in ${charge.region}: attempt ${attempt} of ${ATTEMPTS} failed`,
          { 'payment.provider': charge.provider, region: charge.region, attempt },
          error,
        );
        if (attempt === ATTEMPTS) throw new ProviderUnavailableError(charge.provider, error);
        span.addEvent('retry', { attempt, reason: error instanceof Error ? error.name : 'unknown' });
        await sleep(random.latencyMs(60));
      }
    }
    if (charge.method === 'card' && random.chance(0.03)) {
      span.setAttribute('payment.status', 'declined');
      const reason = random.pick(['insufficient funds', 'expired', 'wrong code']);
      telemetry.log.info(`card declined for ${charge.orderId}: ${reason}`, { 'order.id': charge.orderId });
      throw new CardDeclinedError(reason);
    }
  }

  #callProvider(charge: Charge, attempt: number): Promise<void> {
    const { telemetry } = this.#instance;
    const { provider, region } = charge;
    const attributes = {
      'http.request.method': 'POST',
      'http.request.resend_count': attempt - 1,
      'url.full': `https://${region}.${provider}.example/v2/charges`,
      'server.address': `${region}.${provider}.example`,
      'server.port': 443,
      'peer.service': provider,
    };
    const options = { kind: SpanKind.CLIENT, attributes };
    const count = (outcome: string) => this.#attempts.add(1, { provider, region, outcome });
    return inSpan(telemetry.scopedTracer('shop.http'), 'POST', options, (span) =>
      this.#waitForProvider(charge, span),
    ).then(
      () => count('answered'),
      (error: unknown) => {
        count(error instanceof Error ? error.name : 'unknown');
        throw error;
      },
    );
  }

  async #waitForProvider({ provider, region }: Charge, span: Span): Promise<void> {
    const { random } = this.#instance;
    const troubled = this.#incident.affects(provider, region);
    const answerMs = troubled ? random.latencyMs(2_200, 0.3) : random.latencyMs(PROVIDER_MEDIAN_MS[provider]);
    await sleep(Math.min(answerMs, PROVIDER_TIMEOUT_MS));
    if (answerMs > PROVIDER_TIMEOUT_MS) throw new ProviderTimeoutError(provider, PROVIDER_TIMEOUT_MS);
    const failed = random.chance(troubled ? 0.65 : 0.004);
    span.setAttribute('http.response.status_code', failed ? 503 : 201);
    if (failed) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw new HttpError(503, `${provider} answered 503 from ${region}: upstream connect error`);
    }
  }
}
