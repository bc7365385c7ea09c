package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// As in api-node: ISO 8601, always with three digits.
	milliseconds = "2006-01-02T15:04:05.000Z"

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
		MaxHeaderBytes:    16 << 10,
		// Without it, `OPTIONS *` would succeed.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelError),
	}
}

type handler struct {
	store   store
	version string
	log     *slog.Logger
}

// route is what one path answers.
type route struct {
	allow  string
	answer http.HandlerFunc
}

func newHandler(store store, version string, log *slog.Logger) http.Handler {
	h := &handler{store, version, log}
	// Not an http.ServeMux, which answers HEAD wherever it answers GET, and redirects a path such as //.
	routes := map[string]route{
		// No HEAD here: each request writes a row.
		"/":        {"GET", h.request},
		"/ping":    {"GET, HEAD", h.ping},
		"/healthz": {"GET, HEAD", h.healthz},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Every response describes the current state.
		w.Header().Set("Cache-Control", "no-store")
		route, known := routes[r.URL.EscapedPath()]
		switch {
		case !known:
			h.fail(w, http.StatusNotFound, "not found")
		case !slices.Contains(strings.Split(route.allow, ", "), r.Method):
			w.Header().Set("Allow", route.allow)
			h.fail(w, http.StatusMethodNotAllowed, "method not allowed")
		default:
			route.answer(w, r)
		}
	})
}

func (h *handler) request(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()

	now, count, err := h.store.record(ctx)
	switch {
	case err == nil:
		h.answer(w, http.StatusOK, struct {
			API          string `json:"api"`
			Version      string `json:"version"`
			CurrentTime  string `json:"currentTime"`
			RequestCount int64  `json:"requestCount"`
		}{"golang", h.version, now.UTC().Format(milliseconds), count})
	case r.Context().Err() != nil:
		h.log.Info("the client went away", "error", err)
	case errors.Is(err, errUnavailable):
		h.log.Error("request not recorded", "error", err)
		h.fail(w, http.StatusServiceUnavailable, "database unavailable")
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
		h.fail(w, http.StatusServiceUnavailable, "database unavailable")
		return
	}
	h.text(w, "ok")
}

// fail sends a fixed message: the database's error goes to the log, not to clients.
func (h *handler) fail(w http.ResponseWriter, status int, message string) {
	h.answer(w, status, struct {
		Error string `json:"error"`
	}{message})
}

func (h *handler) answer(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		h.log.Error("answer not encoded", "error", err)
	}
	h.write(w, status, "application/json", bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}

func (h *handler) text(w http.ResponseWriter, body string) {
	h.write(w, http.StatusOK, "text/plain; charset=utf-8", []byte(body))
}

func (h *handler) write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	// The same for HEAD, which has no body.
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		h.log.Info("answer not sent", "error", err)
	}
}
