// Command payment-service is the Go part of the interop test: an HTTP server (otelhttp) that books charges in its
// own gRPC ledger (otelgrpc) and sends traces, metrics and logs over OTLP/HTTP.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
)

const scope = "payment-service"

// charge is what order-service asks for.
type charge struct {
	OrderID string  `json:"order_id"`
	Amount  float64 `json:"amount"`
	Method  string  `json:"method"`
}

type till struct {
	logger  *slog.Logger
	ledger  *grpc.ClientConn
	tracer  trace.Tracer
	charged metric.Int64Counter
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, "127.0.0.1:"+os.Getenv("PORT")); err != nil {
		slog.Error("payment-service ends", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string) error {
	flush, err := setUpTelemetry(ctx)
	if err != nil {
		return err
	}
	logger := otelslog.NewLogger(scope)
	ledgerServer, connection, err := startLedger(logger)
	if err != nil {
		return err
	}
	charged, err := otel.Meter(scope).Int64Counter("payments.charged", metric.WithUnit("{charge}"),
		metric.WithDescription("Charges by outcome"))
	if err != nil {
		return err
	}
	desk := till{logger, connection, otel.Tracer(scope), charged}

	routes := http.NewServeMux()
	routes.HandleFunc("POST /charges", desk.charge)
	routes.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: address, Handler: otelhttp.NewHandler(routes, "payment-service",
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/health" }))}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()

	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(last), stopLedger(ledgerServer, connection), flush(last))
}

func stopLedger(server *grpc.Server, connection *grpc.ClientConn) error {
	err := connection.Close()
	server.Stop()
	return err
}

func (t till) charge(w http.ResponseWriter, r *http.Request) {
	var asked charge
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := t.book(r.Context(), asked); err != nil {
		t.charged.Add(r.Context(), 1, metric.WithAttributes(attribute.String("outcome", "failed")))
		t.logger.ErrorContext(r.Context(), "charge failed", "order.id", asked.OrderID, "error", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	t.charged.Add(r.Context(), 1, metric.WithAttributes(attribute.String("outcome", "captured")))
	t.logger.InfoContext(r.Context(), "charge captured", "order.id", asked.OrderID, "amount", asked.Amount)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"status": "captured"})
}

// book asks the ledger, inside a span of the business logic.
func (t till) book(ctx context.Context, asked charge) error {
	ctx, span := t.tracer.Start(ctx, "book_charge", trace.WithAttributes(
		attribute.String("order.id", asked.OrderID),
		attribute.Float64("payment.amount", asked.Amount)))
	defer span.End()
	request, err := structpb.NewStruct(map[string]any{
		"order_id": asked.OrderID, "amount": asked.Amount, "method": asked.Method})
	if err != nil {
		return err
	}
	if err := t.ledger.Invoke(ctx, bookMethod, request, new(structpb.Struct)); err != nil {
		span.RecordError(err, trace.WithStackTrace(true))
		span.SetStatus(otelcodes.Error, "the ledger refused the charge")
		return err
	}
	return nil
}
