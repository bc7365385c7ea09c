package main

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestClassify(t *testing.T) {
	for name, test := range map[string]struct {
		err         error
		unavailable bool
	}{
		"timeout":            {context.DeadlineExceeded, true},
		"connection lost":    {io.ErrUnexpectedEOF, true},
		"not connected":      {&pgconn.ConnectError{}, true},
		"shutting down":      {&pgconn.PgError{Code: "57P01"}, true},
		"too many clients":   {&pgconn.PgError{Code: "53300"}, true},
		"no such table":      {&pgconn.PgError{Code: "42P01"}, false},
		"violated condition": {&pgconn.PgError{Code: "23514"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := classify(test.err)
			if errors.Is(got, errUnavailable) != test.unavailable {
				t.Errorf("got %v", got)
			}
			if !errors.Is(got, test.err) {
				t.Errorf("%v has lost its cause", got)
			}
		})
	}
}

// TestPostgres checks the SQL, which needs a real database.
func TestPostgres(t *testing.T) {
	url := os.Getenv("TEST_DATABASE_URL")
	if url == "" {
		t.Skip("TEST_DATABASE_URL is not set")
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	store := &postgres{pool}
	defer store.close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()

	if err := store.ping(ctx); err != nil {
		t.Fatal(err)
	}

	// A temporary table hides a real one of the same name and disappears with its connection, the only one here.
	for _, sql := range []string{
		`CREATE TEMPORARY TABLE request (
			id bigserial PRIMARY KEY, api_name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`,
		`INSERT INTO request (api_name) VALUES ('node')`,
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}

	for want := int64(1); want <= 3; want++ {
		now, count, err := store.record(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if count != want {
			t.Errorf("count is %d, want %d", count, want)
		}
		if age := time.Since(now); age.Abs() > time.Hour {
			t.Errorf("the database's time is %s", now)
		}
	}

	if _, err := pool.Exec(ctx, `DROP TABLE pg_temp.request; SET search_path TO pg_temp`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.record(ctx); err == nil || errors.Is(err, errUnavailable) {
		t.Errorf("without a table: %v", err)
	}
}
