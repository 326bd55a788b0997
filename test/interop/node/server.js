// The gateway itself: hands orders on to order-service and tells the caller which trace it was.
const express = require('express');
const pino = require('pino');
const { trace } = require('@opentelemetry/api');

const logger = pino({ name: 'api-gateway' });
const ordersUrl = process.env.ORDERS_URL;
const app = express();
app.use(express.json());

app.use((_request, response, next) => {
  const span = trace.getActiveSpan();
  if (span) response.set('x-trace-id', span.spanContext().traceId);
  next();
});

app.get('/health', (_request, response) => response.json({ status: 'ok' }));

app.post('/orders', async (request, response) => {
  logger.info({ orderId: request.body.id }, 'order received');
  const answer = await fetch(`${ordersUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request.body),
  });
  if (!answer.ok) throw new Error(`order-service answered ${answer.status}`);
  response.json(await answer.json());
});

app.get('/orders/:id', async (request, response) => {
  const answer = await fetch(`${ordersUrl}/orders/${encodeURIComponent(request.params.id)}`);
  response.status(answer.status).json(await answer.json());
});

// Express 5 brings rejected handlers here; the span gets the exception with its stack trace.
app.use((error, request, response, _next) => {
  trace.getActiveSpan()?.recordException(error);
  logger.error({ err: error, path: request.path }, 'order failed');
  response.status(502).json({ error: error.message });
});

const server = app.listen(Number(process.env.PORT), '127.0.0.1');

// The article's SIGTERM handler flushes and leaves the process running; without the server it then ends by itself.
process.on('SIGTERM', () => server.close());
