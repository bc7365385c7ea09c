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
	"strconv"
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
			`{"api":"golang","version":"1.2.3","currentTime":"2026-01-02T11:00:00.123Z","requestCount":1}`},
		"request, query string": {nil, "GET", "/?a=b", 200, "application/json",
			`{"api":"golang","version":"1.2.3","currentTime":"2026-01-02T11:00:00.123Z","requestCount":1}`},
		"request, database down": {unavailable, "GET", "/", 503, "application/json",
			`{"error":"database unavailable"}`},
		"request, no table": {broken, "GET", "/", 500, "application/json", `{"error":"internal error"}`},

		"ping":                {nil, "GET", "/ping", 200, "text/plain; charset=utf-8", "pong"},
		"ping, database down": {unavailable, "GET", "/ping", 200, "text/plain; charset=utf-8", "pong"},

		"healthz": {nil, "GET", "/healthz", 200, "text/plain; charset=utf-8", "ok"},
		"healthz, database down": {unavailable, "GET", "/healthz", 503, "application/json",
			`{"error":"database unavailable"}`},

		"//, which is not /": {nil, "GET", "//", 404, "application/json", `{"error":"not found"}`},
		"unknown path":       {nil, "GET", "/nothing", 404, "application/json", `{"error":"not found"}`},
		"below a known path": {nil, "GET", "/ping/pong", 404, "application/json", `{"error":"not found"}`},
		"with a slash":       {nil, "GET", "/ping/", 404, "application/json", `{"error":"not found"}`},
		"with escapes":       {nil, "GET", "/%70ing", 404, "application/json", `{"error":"not found"}`},
		"dots":               {nil, "GET", "/a/../ping", 404, "application/json", `{"error":"not found"}`},
		"unknown, posted":    {nil, "POST", "/nothing", 404, "application/json", `{"error":"not found"}`},
		"the server as such": {nil, "OPTIONS", "*", 404, "application/json", `{"error":"not found"}`},
		"HEAD of a request":  {nil, "HEAD", "/", 405, "application/json", `{"error":"method not allowed"}`},
		"POST /":             {nil, "POST", "/", 405, "application/json", `{"error":"method not allowed"}`},
		"OPTIONS /":          {nil, "OPTIONS", "/", 405, "application/json", `{"error":"method not allowed"}`},
		"PUT /ping":          {nil, "PUT", "/ping", 405, "application/json", `{"error":"method not allowed"}`},
		"DELETE /healthz":    {nil, "DELETE", "/healthz", 405, "application/json", `{"error":"method not allowed"}`},
		"HEAD /ping":         {nil, "HEAD", "/ping", 200, "text/plain; charset=utf-8", "pong"},
		"a whole URL":        {nil, "GET", "http://api/ping?x", 200, "text/plain; charset=utf-8", "pong"},
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
			if got := response.Body.String(); got != test.body {
				t.Errorf("body is %q, want %q", got, test.body)
			}
			if got := response.Header().Get("Content-Length"); got != strconv.Itoa(len(test.body)) {
				t.Errorf("length is %q, want that of %q", got, test.body)
			}
			if got := response.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control is %q", got)
			}
			allow := ""
			if test.status == 405 {
				allow = map[string]string{"/": "GET", "/ping": "GET, HEAD", "/healthz": "GET, HEAD"}[test.path]
			}
			if got := response.Header().Get("Allow"); got != allow {
				t.Errorf("Allow is %q, want %q", got, allow)
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
	ask(t, handler, "HEAD", "/")
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
