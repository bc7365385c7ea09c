package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a store that needs no database.
type memory struct {
	mutex sync.Mutex
	count int64
	err   error
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 123456000, time.FixedZone("", 3600))

func (m *memory) record(context.Context) (time.Time, int64, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.err != nil {
		return time.Time{}, 0, m.err
	}
	m.count++
	return noon, m.count, nil
}

func (m *memory) ping(context.Context) error { return m.err }

func ask(t *testing.T, handler http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return recorder
}

func TestAnswers(t *testing.T) {
	unavailable := fmt.Errorf("%w: 10.0.0.1 refused", errUnavailable)
	broken := errors.New(`relation "request" does not exist`)

	for name, test := range map[string]struct {
		err          error
		method, path string
		status       int
		contentType  string
		body         string
	}{
		"request": {nil, "GET", "/", 200, "application/json",
			`{"api":"golang","version":"1.2.3","currentTime":"2026-01-02T11:00:00.123456Z","requestCount":1}`},
		"request, query string": {nil, "GET", "/?a=b", 200, "application/json",
			`{"api":"golang","version":"1.2.3","currentTime":"2026-01-02T11:00:00.123456Z","requestCount":1}`},
		"request, database down": {unavailable, "GET", "/", 503, "application/json",
			`{"error":"the database is not available"}`},
		"request, no table": {broken, "GET", "/", 500, "application/json", `{"error":"internal error"}`},

		"ping":                {nil, "GET", "/ping", 200, "text/plain; charset=utf-8", "pong"},
		"ping, database down": {unavailable, "GET", "/ping", 200, "text/plain; charset=utf-8", "pong"},

		"healthz": {nil, "GET", "/healthz", 200, "text/plain; charset=utf-8", "ok"},
		"healthz, database down": {unavailable, "GET", "/healthz", 503, "application/json",
			`{"error":"the database is not available"}`},

		"unknown path":       {nil, "GET", "/nothing", 404, "application/json", `{"error":"not found"}`},
		"below a known path": {nil, "GET", "/ping/pong", 404, "application/json", `{"error":"not found"}`},
		"unknown, posted":    {nil, "POST", "/nothing", 404, "application/json", `{"error":"not found"}`},
		"POST /":             {nil, "POST", "/", 405, "application/json", `{"error":"method not allowed"}`},
		"PUT /ping":          {nil, "PUT", "/ping", 405, "application/json", `{"error":"method not allowed"}`},
		"DELETE /healthz":    {nil, "DELETE", "/healthz", 405, "application/json", `{"error":"method not allowed"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			log := slog.New(slog.NewJSONHandler(&logged, nil))
			response := ask(t, newHandler(&memory{err: test.err}, "1.2.3", log), test.method, test.path)

			if response.Code != test.status {
				t.Errorf("status is %d, want %d", response.Code, test.status)
			}
			if got := response.Header().Get("Content-Type"); got != test.contentType {
				t.Errorf("content type is %q, want %q", got, test.contentType)
			}
			if got := response.Body.String(); got != test.body+"\n" {
				t.Errorf("body is %q, want %q", got, test.body)
			}
			if got := response.Header().Get("Allow"); (got == "GET, HEAD") != (test.status == 405) {
				t.Errorf("Allow is %q", got)
			}
			// The log must contain what the response omits.
			if test.err != nil && test.path != "/ping" {
				var line struct{ Error string }
				if err := json.Unmarshal(logged.Bytes(), &line); err != nil || line.Error != test.err.Error() {
					t.Errorf("logged %q, want one line with %q", logged.String(), test.err)
				}
			} else if logged.Len() != 0 {
				t.Errorf("logged %q", logged.String())
			}
		})
	}
}

func TestEachRequestCountsOnce(t *testing.T) {
	store := &memory{}
	handler := newHandler(store, "1.2.3", slog.New(slog.DiscardHandler))

	for want := 1; want <= 3; want++ {
		body := ask(t, handler, "GET", "/").Body.String()
		if !strings.Contains(body, fmt.Sprintf(`"requestCount":%d}`, want)) {
			t.Errorf("request %d: %s", want, body)
		}
	}
	ask(t, handler, "GET", "/ping")
	ask(t, handler, "GET", "/healthz")
	ask(t, handler, "POST", "/")
	if store.count != 3 {
		t.Errorf("%d requests were recorded, want 3", store.count)
	}
}

// stuck is a database that never answers.
type stuck struct{}

func (stuck) record(ctx context.Context) (time.Time, int64, error) {
	<-ctx.Done()
	return time.Time{}, 0, classify(ctx.Err())
}

func (stuck) ping(ctx context.Context) error {
	<-ctx.Done()
	return classify(ctx.Err())
}

func TestHealthzDoesNotWaitForLong(t *testing.T) {
	handler := newHandler(stuck{}, "1.2.3", slog.New(slog.DiscardHandler))
	start := time.Now()
	if response := ask(t, handler, "GET", "/healthz"); response.Code != 503 {
		t.Errorf("status is %d, want 503", response.Code)
	}
	if took := time.Since(start); took > pingTimeout+time.Second {
		t.Errorf("took %s", took)
	}
}

func TestNothingIsWrittenForAClientThatLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var logged bytes.Buffer
	recorder := httptest.NewRecorder()
	handler := newHandler(stuck{}, "1.2.3", slog.New(slog.NewJSONHandler(&logged, nil)))
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	if recorder.Body.Len() != 0 || strings.Contains(logged.String(), `"ERROR"`) {
		t.Errorf("answered %q, logged %q", recorder.Body, logged.String())
	}
}
