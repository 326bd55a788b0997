package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// ledger is the service's own small gRPC server: it books a charge. Requests and answers are protobuf's
// well-known Struct, so that no code needs to be generated.
type ledger interface {
	Book(ctx context.Context, charge *structpb.Struct) (*structpb.Struct, error)
}

const bookMethod = "/shop.v1.Ledger/Book"

var ledgerService = grpc.ServiceDesc{
	ServiceName: "shop.v1.Ledger",
	HandlerType: (*ledger)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Book",
		Handler: func(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			charge := new(structpb.Struct)
			if err := decode(charge); err != nil {
				return nil, err
			}
			return server.(ledger).Book(ctx, charge)
		},
	}},
}

type bookkeeper struct {
	logger *slog.Logger
}

// Book refuses the payment method "broken": the failing request of the test.
func (b bookkeeper) Book(ctx context.Context, charge *structpb.Struct) (*structpb.Struct, error) {
	method := charge.Fields["method"].GetStringValue()
	orderID := charge.Fields["order_id"].GetStringValue()
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(
		attribute.String("payment.method", method),
		attribute.Float64("payment.amount", charge.Fields["amount"].GetNumberValue()),
		attribute.Bool("ledger.dry_run", false),
		attribute.StringSlice("ledger.accounts", []string{"receivables", "revenue"}),
	)
	if method == "broken" {
		err := fmt.Errorf("ledger: no account for payment method %q", method)
		span.RecordError(err, trace.WithStackTrace(true))
		span.SetStatus(otelcodes.Error, err.Error())
		b.logger.ErrorContext(ctx, "charge not booked", "order.id", orderID, "error", err)
		return nil, status.Error(codes.Internal, err.Error())
	}
	b.logger.InfoContext(ctx, "charge booked", "order.id", orderID, "method", method)
	return structpb.NewStruct(map[string]any{"status": "captured"})
}

// startLedger serves the ledger on a free loopback port and returns the server and a connection to it.
func startLedger(logger *slog.Logger) (*grpc.Server, *grpc.ClientConn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler()))
	server.RegisterService(&ledgerService, bookkeeper{logger})
	go func() {
		if err := server.Serve(listener); err != nil {
			logger.Error("ledger stopped", "error", err)
		}
	}()
	connection, err := grpc.NewClient(listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()))
	return server, connection, err
}
