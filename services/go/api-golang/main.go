// Api-golang is the demo's HTTP API in Go: it records each request in PostgreSQL and reports how many there
// have been.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const (
	// Longer than queryTimeout, so that a request in flight gets its response.
	shutdownGrace = 10 * time.Second

	// Shorter than the HEALTHCHECK timeout in the Dockerfile, so that a failure is reported with its reason.
	healthcheckTimeout = 2 * time.Second
)

const usage = `usage: api-golang              serve the API
       api-golang healthcheck  check that the API on this machine responds`

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stderr))
}

func run(args []string, getenv func(string) string, stderr io.Writer) int {
	log := slog.New(slog.NewJSONHandler(stderr, nil))

	var command func(func(string) string, *slog.Logger) error
	switch {
	case len(args) == 0:
		command = api
	case len(args) == 1 && args[0] == "healthcheck":
		command = healthcheck
	default:
		fmt.Fprintln(stderr, usage)
		return 2
	}

	if err := command(getenv, log); err != nil {
		log.Error("giving up", "error", err)
		if errors.Is(err, errConfig) {
			return 2
		}
		return 1
	}
	return 0
}

func api(getenv func(string) string, log *slog.Logger) error {
	// Before anything else: PID 1 ignores every signal for which it has no handler.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// After the first signal, restore the default, so that a second one ends the process immediately.
	context.AfterFunc(ctx, stop)

	config, err := loadConfig(getenv)
	if err != nil {
		return err
	}
	store, err := newPostgres(config.database)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(config.port))
	if err != nil {
		return err
	}

	log.Info("listening", "address", listener.Addr().String(), "version", config.version)
	server := newServer(newHandler(store, config.version, log), log)
	if err := serve(ctx, listener, server, shutdownGrace); err != nil {
		return err
	}
	store.close()
	log.Info("stopped")
	return nil
}

// serve handles requests until ctx is done, then waits for those in flight.
func serve(ctx context.Context, listener net.Listener, server *http.Server, grace time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	// Not derived from ctx, which is done.
	deadline, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		return errors.Join(fmt.Errorf("requests still under way %s after the signal: %w", grace, err), server.Close())
	}
	return nil
}

// healthcheck is for an image that has neither a shell nor curl. It never fails with errConfig, whose exit code Docker
// reserves in health checks.
func healthcheck(getenv func(string) string, _ *slog.Logger) error {
	port, err := loadPort(getenv)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: healthcheckTimeout}
	response, err := client.Get("http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + "/ping")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/ping answered %s", response.Status)
	}
	return nil
}
