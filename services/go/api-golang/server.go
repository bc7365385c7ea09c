package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

const (
	queryTimeout = 5 * time.Second
	pingTimeout  = time.Second
)

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelError),
	}
}

type handler struct {
	store   store
	version string
	log     *slog.Logger
}

func newHandler(store store, version string, log *slog.Logger) http.Handler {
	h := &handler{store, version, log}
	mux := http.NewServeMux()
	for path, handle := range map[string]http.HandlerFunc{
		"/{$}":     h.request,
		"/ping":    h.ping,
		"/healthz": h.healthz,
	} {
		mux.HandleFunc("GET "+path, handle)
		// By itself the mux would respond to other methods in plain text.
		mux.HandleFunc(path, h.methodNotAllowed)
	}
	mux.HandleFunc("/", h.notFound)
	return mux
}

func (h *handler) request(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()

	now, count, err := h.store.record(ctx)
	switch {
	case err == nil:
		h.answer(w, http.StatusOK, struct {
			API          string    `json:"api"`
			Version      string    `json:"version"`
			CurrentTime  time.Time `json:"currentTime"`
			RequestCount int64     `json:"requestCount"`
		}{"golang", h.version, now.UTC(), count})
	case r.Context().Err() != nil:
		h.log.Info("the client went away", "error", err)
	case errors.Is(err, errUnavailable):
		h.log.Error("request not recorded", "error", err)
		h.fail(w, http.StatusServiceUnavailable, "the database is not available")
	default:
		h.log.Error("request not recorded", "error", err)
		h.fail(w, http.StatusInternalServerError, "internal error")
	}
}

// ping reports that the process is alive. It must not depend on the database, whose failure a restart cannot fix.
func (h *handler) ping(w http.ResponseWriter, _ *http.Request) {
	h.text(w, "pong")
}

// healthz reports whether the API can serve requests.
func (h *handler) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()

	if err := h.store.ping(ctx); err != nil {
		h.log.Warn("not healthy", "error", err)
		h.fail(w, http.StatusServiceUnavailable, "the database is not available")
		return
	}
	h.text(w, "ok")
}

func (h *handler) notFound(w http.ResponseWriter, _ *http.Request) {
	h.fail(w, http.StatusNotFound, "not found")
}

func (h *handler) methodNotAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	h.fail(w, http.StatusMethodNotAllowed, "method not allowed")
}

// fail sends a fixed message: the database's error goes to the log, not to clients.
func (h *handler) fail(w http.ResponseWriter, status int, message string) {
	h.answer(w, status, struct {
		Error string `json:"error"`
	}{message})
}

func (h *handler) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		h.log.Info("answer not sent", "error", err)
	}
}

func (h *handler) text(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := io.WriteString(w, body+"\n"); err != nil {
		h.log.Info("answer not sent", "error", err)
	}
}
