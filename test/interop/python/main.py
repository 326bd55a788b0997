# main.py
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # Added: the article installs it
from app.telemetry import setup_telemetry

setup_telemetry(service_name="order-service")

app = FastAPI()

# Auto-instrument FastAPI (captures all routes, request/response, status codes)
FastAPIInstrumentor.instrument_app(app)

# Auto-instrument SQLAlchemy (captures all DB queries with parameters)
SQLAlchemyInstrumentor().instrument(enable_commenter=True)

# Auto-instrument Redis
RedisInstrumentor().instrument()

# Added: the article installs it and calls nothing over HTTP
HTTPXClientInstrumentor().instrument()

# Custom spans for business logic
from opentelemetry import trace
from opentelemetry import metrics

tracer = trace.get_tracer(__name__)
meter = metrics.get_meter(__name__)

# Custom metrics
order_counter = meter.create_counter(
    "orders.created",
    description="Total orders created",
    unit="1"
)

order_value = meter.create_histogram(
    "orders.value",
    description="Order value in USD",
    unit="USD"
)

payment_duration = meter.create_histogram(
    "payment.processing.duration",
    description="Payment gateway latency",
    unit="ms"
)

# Added: imported after the instrumentations, which change what these modules import
import logging
import structlog
from fastapi import HTTPException
from app import logs  # noqa: F401  configures structlog
from app.shop import charge_payment, find_total, save_order

logger = structlog.get_logger("order-service")


async def process_order(order_data: dict):
    with tracer.start_as_current_span("process_order") as span:
        span.set_attribute("order.id", order_data["id"])
        span.set_attribute("order.total", order_data["total"])
        span.set_attribute("customer.id", order_data["customer_id"])

        # Nested span for payment
        with tracer.start_as_current_span("payment.charge") as payment_span:
            payment_span.set_attribute("payment.method", order_data["payment_method"])
            payment_span.set_attribute("payment.amount", order_data["total"])

            import time
            start = time.time()

            result = await charge_payment(order_data)

            duration_ms = (time.time() - start) * 1000
            payment_span.set_attribute("payment.status", result["status"])
            payment_duration.record(duration_ms, {"method": order_data["payment_method"]})

        # Record business metrics
        order_counter.add(1, {
            "payment_method": order_data["payment_method"],
            "region": order_data["region"]
        })

        order_value.record(order_data["total"], {
            "currency": order_data["currency"]
        })

        # Added: the article's example of a correlated line
        logger.info("order created", order_id=order_data["id"])


@app.post("/orders")
async def create_order(order_data: dict):
    save_order(order_data)
    try:
        await process_order(order_data)
    except Exception:
        logging.getLogger("order-service").exception("order %s failed", order_data["id"])
        raise
    return {"id": order_data["id"]}


@app.get("/orders/{order_id}")
async def show_order(order_id: str):
    total = find_total(order_id)
    if total is None:
        raise HTTPException(404, f"no order {order_id}")
    return {"id": order_id, "total": total}


@app.get("/health")
async def health():
    return {"status": "ok"}
