package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// store is the part of a database that the handlers need.
type store interface {
	// record adds a request; it returns the database's time and the number of requests, including this one.
	record(ctx context.Context) (time.Time, int64, error)
	ping(ctx context.Context) error
}

// errUnavailable marks an error that is probably temporary and needs no change to the API or the schema.
var errUnavailable = errors.New("the database is unavailable")

type postgres struct {
	pool *pgxpool.Pool
}

// newPostgres does not connect, so that the API starts whether or not its database is up.
func newPostgres(config *pgxpool.Config) (*postgres, error) {
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, err
	}
	return &postgres{pool}, nil
}

func (p *postgres) close() { p.pool.Close() }

// All parts of a statement see the table as it was before the statement, hence the "+ 1" for the new row. Two
// concurrent statements do not see each other's row and may return the same number.
const recordSQL = `
WITH inserted AS (
    INSERT INTO request (api_name) VALUES ('golang') RETURNING created_at
)
SELECT created_at, (SELECT count(*) FROM request WHERE api_name = 'golang') + 1
FROM inserted`

func (p *postgres) record(ctx context.Context) (time.Time, int64, error) {
	var now time.Time
	var count int64
	if err := p.pool.QueryRow(ctx, recordSQL).Scan(&now, &count); err != nil {
		return time.Time{}, 0, classify(err)
	}
	return now, count, nil
}

func (p *postgres) ping(ctx context.Context) error {
	if err := p.pool.Ping(ctx); err != nil {
		return classify(err)
	}
	return nil
}

// classify distinguishes an unavailable database from one that returns an error.
func classify(err error) error {
	var connectErr *pgconn.ConnectError
	var answer *pgconn.PgError
	if !errors.As(err, &connectErr) && errors.As(err, &answer) && !passing(answer.Code) {
		return err
	}
	return fmt.Errorf("%w: %w", errUnavailable, err)
}

// passing reports whether an error of this class is temporary, so that the same request may succeed later.
func passing(code string) bool {
	const connection, resources, intervention = "08", "53", "57"
	return strings.HasPrefix(code, connection) ||
		strings.HasPrefix(code, resources) ||
		strings.HasPrefix(code, intervention)
}
