/** What was sent, and which trace each request became. */
export interface Sent {
  readonly orders: readonly SentOrder[];
  readonly failing: SentOrder;
  /** A read, answered by the cache. */
  readonly readTraceId: string;
  /** Requests through the gateway that samples nothing. */
  readonly unsampledTraceIds: readonly string[];
  readonly healthCheckCount: number;
}

export interface SentOrder {
  readonly id: string;
  readonly total: number;
  readonly traceId: string;
}

const ORDER_COUNT = 20;
const UNSAMPLED_COUNT = 3;
const HEALTH_CHECK_COUNT = 5;

/** @throws Error when a service answers otherwise than it should: then there is nothing to look for. */
export async function sendTraffic(gatewayUrl: string, unsampledGatewayUrl: string): Promise<Sent> {
  for (let count = 0; count < HEALTH_CHECK_COUNT; count++) await expectStatus(fetch(`${gatewayUrl}/health`), 200);

  // First, so that what they must not leave behind would be there when the traces of the others are.
  const unsampledTraceIds: string[] = [];
  for (let number = 1; number <= UNSAMPLED_COUNT; number++) {
    const order = { id: `ORD-unsampled-${number}`, total: 1 };
    unsampledTraceIds.push(await postOrder(unsampledGatewayUrl, order, 'card', 200));
  }
  const orders: SentOrder[] = [];
  for (let number = 1; number <= ORDER_COUNT; number++) {
    const order = { id: `ORD-${number}`, total: number * 10.5 };
    orders.push({ ...order, traceId: await postOrder(gatewayUrl, order, 'card', 200) });
  }
  const read = await expectStatus(fetch(`${gatewayUrl}/orders/ORD-1`), 200);
  // The last one: uvicorn closes the connection after a failure, and the gateway might use it once more.
  const broken = { id: 'ORD-broken', total: 99.99 };
  const failing = { ...broken, traceId: await postOrder(gatewayUrl, broken, 'broken', 502) };
  return {
    orders,
    failing,
    readTraceId: traceIdOf(read),
    unsampledTraceIds,
    healthCheckCount: HEALTH_CHECK_COUNT,
  };
}

async function postOrder(
  gatewayUrl: string,
  order: { readonly id: string; readonly total: number },
  method: string,
  status: number,
): Promise<string> {
  const body = JSON.stringify({
    ...order,
    customer_id: 'C-7',
    payment_method: method,
    region: 'eu-west',
    currency: 'USD',
  });
  const headers = { 'content-type': 'application/json' };
  return traceIdOf(await expectStatus(fetch(`${gatewayUrl}/orders`, { method: 'POST', headers, body }), status));
}

async function expectStatus(pending: Promise<Response>, status: number): Promise<Response> {
  const response = await pending;
  const text = await response.text();
  if (response.status !== status)
    throw new Error(`${response.url}: expected ${status}, got ${response.status} ${text}`);
  return response;
}

function traceIdOf(response: Response): string {
  const traceId = response.headers.get('x-trace-id');
  if (traceId === null) throw new Error(`${response.url}: no x-trace-id header`);
  return traceId;
}
