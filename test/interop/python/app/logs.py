# Python: inject trace context into log records
import logging
import sys

from opentelemetry import trace


class TraceContextFilter(logging.Filter):
    """Injects trace_id and span_id into every log record."""
    def filter(self, record):
        span = trace.get_current_span()
        if span.is_recording():
            ctx = span.get_span_context()
            record.trace_id = format(ctx.trace_id, '032x')
            record.span_id = format(ctx.span_id, '016x')
        else:
            record.trace_id = "0000000000000000"
            record.span_id = "0000000000000000"
        return True


def add_trace_context(_logger, _method, event_dict):
    """Added: structlog renders before the standard library makes its record, so it asks the filter itself."""
    record = logging.makeLogRecord({})
    TraceContextFilter().filter(record)
    return {**event_dict, "trace_id": record.trace_id, "span_id": record.span_id}


# Configure structured logging with trace context
import structlog

structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        add_trace_context,
        structlog.processors.JSONRenderer()
    ],
    # Added: add_logger_name reads the name of a standard library logger, and structlog's default has none.
    logger_factory=structlog.stdlib.LoggerFactory(),
)

# Added: to standard output as well. Not basicConfig: it does nothing once the OTLP handler is there.
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
logging.getLogger().setLevel(logging.INFO)
