"""What the article leaves out: the database, the cache and the call to the payment service."""
import os

import httpx
import redis
from sqlalchemy import Float, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(40))
    total: Mapped[float] = mapped_column(Float)


engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///orders.db"))
Base.metadata.create_all(engine)

# Without REDIS_URL the service runs without a cache, and the test says so.
cache = redis.Redis.from_url(os.environ["REDIS_URL"]) if os.environ.get("REDIS_URL") else None

payments = httpx.AsyncClient(base_url=os.environ["PAYMENT_URL"], timeout=10)


def save_order(order_data: dict):
    with Session(engine) as session:
        session.merge(Order(
            id=order_data["id"], customer_id=order_data["customer_id"], total=order_data["total"]
        ))
        session.commit()
    if cache is not None:
        cache.setex(f"order:{order_data['id']}", 60, str(order_data["total"]))


def find_total(order_id: str) -> float | None:
    if cache is not None and (cached := cache.get(f"order:{order_id}")) is not None:
        return float(cached)
    with Session(engine) as session:
        order = session.scalar(select(Order).where(Order.id == order_id))
    return order.total if order else None


async def charge_payment(order_data: dict) -> dict:
    response = await payments.post("/charges", json={
        "order_id": order_data["id"],
        "amount": order_data["total"],
        "method": order_data["payment_method"],
    })
    response.raise_for_status()
    return response.json()
